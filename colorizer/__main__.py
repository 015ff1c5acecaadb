"""What do `python -m colorizer` and, where pip installed it, `colorizer` start? The command line."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress

from colorizer.cli import main


def run() -> None:
    """Run a command and leave with its exit status."""
    status = 130
    with suppress(KeyboardInterrupt):  # before the command began, or again when it was stopped
        status = main()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Python, when it ends, would die of another
    if status == 130 and threading.active_count() > 1:  # Ctrl-C came again: nothing is waited for
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    run()
