"""What does `python -m colorizer` start? The command line."""

from __future__ import annotations

import os
import signal
import sys

from colorizer.cli import main

if __name__ == "__main__":
    status = main()
    if status == 130:  # stopped with Ctrl-C: the next one doesn't wait for what is coming to its end
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    sys.exit(status)
