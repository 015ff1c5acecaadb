"""What do `python -m colorizer` and, where pip installed it, `colorizer` start? The command line."""

from __future__ import annotations

import os
import signal
import sys

from colorizer.cli import main


def run() -> None:
    """Run a command and leave with its exit status."""
    status = main()
    if status == 130:  # stopped with Ctrl-C: the next one doesn't wait for what is coming to its end
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    sys.exit(status)


if __name__ == "__main__":
    run()
