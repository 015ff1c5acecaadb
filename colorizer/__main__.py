"""What does `python -m colorizer` start? The command line."""

from __future__ import annotations

import sys

from colorizer.cli import main

if __name__ == "__main__":
    sys.exit(main())
