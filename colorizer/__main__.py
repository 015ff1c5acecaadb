"""What do `python -m colorizer` and, where pip installed it, `colorizer` start? The command line."""

from __future__ import annotations

import os
import sys
import threading

from colorizer.cli import main


def run() -> None:
    """Run a command and leave with its exit status."""
    status = main()
    if status == 130 and threading.active_count() > 1:  # Ctrl-C came again: nothing is waited for
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    run()
