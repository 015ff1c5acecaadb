"""Several training commands one after the other in the same processes, because starting processes takes long.

Run by `accelerate launch`; each command's errors and exit status go to a file, one line a process.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import json
import os
import sys
from pathlib import Path

from colorizer import cli


def threads() -> list[str]:
    """The names of this process's threads, those that Python doesn't know too (Linux)."""
    names = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # one may end between being listed and being read
            names.append((task / "comm").read_text().strip())
    return names


def main() -> None:
    left = Path(sys.argv[2]) / f"threads.{os.environ['RANK']}.json"
    # The first to be registered is the last to be called.
    atexit.register(lambda: left.write_text(json.dumps(threads())))
    commands = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for name, words in commands.items():
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            try:
                status = cli.main(words)
            except SystemExit as stopped:
                status = stopped.code
        shown = [line for line in said.getvalue().splitlines() if line and "step/s" not in line]
        answer = Path(sys.argv[2]) / f"{name}.{os.environ['RANK']}.json"
        answer.write_text(json.dumps({"status": status, "said": shown}), encoding="utf-8")


if __name__ == "__main__":
    main()
