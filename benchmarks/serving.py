"""How soon does the page answer, what do many programs at once cost, and is anything kept after a call?

`python benchmarks/serving.py` prints the table; --calls 1000 takes as many in a row.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
from measuring import ROOT, Figures, fresh, make_photo, options, parsed, positive, report

SIZE = (866, 577)  # half a megapixel
EACH = 3  # calls of each program
SETTLED = 100  # calls, after which nothing more should be kept
EVERY = 0.05  # seconds between two looks at the server's memory
UPLOAD = {"meta": {"_type": "gradio.FileData"}}


class Server:
    """The page in a process of its own."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url, began = f"http://127.0.0.1:{port}", time.perf_counter()
        self.process = subprocess.Popen([sys.executable, ROOT / "app.py", "--port", f"{port}"])
        while True:
            try:
                httpx.get(self.url, timeout=60).raise_for_status()
                break
            except httpx.TransportError:
                time.sleep(EVERY)
        self.ready = time.perf_counter() - began

    def mib(self) -> float:
        """Memory that it holds now."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def colorize(self, photo: Path) -> float:
        """Seconds of one call, the upload included."""
        began = time.perf_counter()
        with httpx.Client(base_url=f"{self.url}/gradio_api", timeout=600) as http, photo.open("rb") as file:
            (path,) = http.post("/upload", files={"files": file}).json()
            asked = http.post("/call/colorize", json={"data": [{"path": path, **UPLOAD}]}).json()
            answer = http.get(f"/call/colorize/{asked['event_id']}").text
        if "event: complete" not in answer:
            raise SystemExit(f"A call failed: {answer}")
        return time.perf_counter() - began


@contextmanager
def served() -> Iterator[Server]:
    server = Server()
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


def peak_while(server: Server, over: threading.Event) -> float:
    """The most memory that the server held until then."""
    most = server.mib()
    while not over.wait(EVERY):
        most = max(most, server.mib())
    return most


def main() -> None:
    parser = options(__doc__, runs=3)
    parser.add_argument("--programs", type=positive, default=24, help="at once (default: 24)")
    parser.add_argument("--calls", type=positive, default=2 * SETTLED, help="in a row (default: 200)")
    args = parsed(parser, make_photo)
    figures: Figures = {"until the page answers": []}
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        fresh(make_photo, photo, *SIZE, 3)
        for _ in range(args.runs):
            with served() as server:
                figures["until the page answers"].append(server.ready)
        with served() as server, ThreadPoolExecutor(args.programs + 1) as pool:
            over = threading.Event()
            peak = pool.submit(peak_while, server, over)
            calls = [server.colorize] * args.programs * EACH
            figures[f"a call of {args.programs} programs"] = [*pool.map(lambda call: call(photo), calls)]
            over.set()
            figures["peak of that"] = [peak.result()]
        with served() as server:
            held = [(server.colorize(photo), server.mib())[1] for _ in range(args.calls)]
        figures["peak in one of the first calls in a row"] = [max(held[:SETTLED])]
        figures[f"peak in one of the last of {args.calls}"] = [max(held[-SETTLED:])]
    report(args, figures, threads=os.cpu_count() or 1)


if __name__ == "__main__":
    main()
