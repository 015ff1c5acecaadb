"""What does the Hub's client need of a Hub? A small one on 127.0.0.1, for tests without the internet.

It serves the files of one repository (the head with ETag and X-Repo-Commit, the body with ranges) and takes
uploads by the Git LFS protocol. Its fields make it misbehave.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

FIRST_COMMIT = "1" * 40
SECOND_COMMIT = "2" * 40


@dataclass
class Hub:
    """One repository, and what went wrong with it.

    commit: "" for a server that is no Hub. status: answer everything with this error; code: its X-Error-Code.
    cuts: how many bytes each next GET sends before the connection breaks off. silent: never answer.
    """

    repository: str = "you/name"
    commit: str = FIRST_COMMIT
    files: dict[str, bytes] = field(default_factory=dict)
    status: int = 0
    code: str = ""
    cuts: list[int] = field(default_factory=list)
    silent: bool = False
    log: list[str] = field(default_factory=list)  # "GET unet.safetensors bytes=10-"
    uploads: dict[str, bytes] = field(default_factory=dict)  # Git LFS objects by SHA-256
    private: bool = False
    stopped: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        handler = type("Handler", (HubHandler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def gets(self) -> list[str]:
        return [line for line in self.log if line.startswith("GET")]


class HubHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *args) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        """/you/name/resolve/REVISION/FILE"""
        prefix, _, rest = urlsplit(self.path).path.strip("/").partition("/resolve/")
        revision, _, name = rest.partition("/")
        span = self.headers.get("Range", "")
        self.hub.log.append(f"{self.command} {name} {span}".strip())
        if self._misbehaves():
            return
        wrong = {"RepoNotFound": prefix != self.hub.repository, "EntryNotFound": name not in self.hub.files}
        wrong["RevisionNotFound"] = revision not in ("main", self.hub.commit)
        commit = {"X-Repo-Commit": self.hub.commit} if self.hub.commit else {}
        if codes := [code for code, holds in wrong.items() if holds]:
            return self._send(404, {"X-Error-Code": codes[0], **commit})
        body = self.hub.files[name]
        headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()}"', "X-Linked-Size": str(len(body)), **commit}
        start = int(span.removeprefix("bytes=").partition("-")[0]) if span else 0
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        cut = self.hub.cuts.pop(0) if self.command == "GET" and self.hub.cuts else None
        self._send(206 if start else 200, headers, body[start:], cut)

    do_HEAD = do_GET

    def _misbehaves(self) -> bool:
        silent, status = self.hub.silent, self.hub.status  # a test may change them while it reads the answer
        if silent:
            self.hub.stopped.wait(5)
            self.close_connection = True
        elif status:
            self._send(status, {"X-Error-Code": self.hub.code} if self.hub.code else {})
        return silent or bool(status)

    def _send(self, status: int, headers: dict[str, str], body: bytes = b"", cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:cut])
        self.close_connection = self.close_connection or cut is not None

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.hub.log.append(f"POST {path}")
        if self._misbehaves():
            return
        lines = [json.loads(line) for line in body.splitlines()]  # one but for a commit
        answer: dict[str, object] = {}
        if path == "/api/repos/create":  # one key or the other, by the client's version
            self.hub.private = lines[0].get("visibility") == "private" or lines[0].get("private", False)
            answer = {"url": f"{self.hub.url}/{self.hub.repository}"}
        elif "/preupload/" in path:
            answer = {"files": [upload_mode(file["path"]) for file in lines[0]["files"]]}
        elif path.endswith("/info/lfs/objects/batch"):
            for item in lines[0]["objects"]:
                item["actions"] = {"upload": {"href": f"{self.hub.url}/lfs/{item['oid']}"}}
            answer = {"transfer": "basic", "objects": lines[0]["objects"]}
        elif "/commit/" in path:
            for kind, value in ((line["key"], line["value"]) for line in lines):
                if kind == "file":
                    self.hub.files[value["path"]] = base64.b64decode(value["content"])
                elif kind == "lfsFile":
                    self.hub.files[value["path"]] = self.hub.uploads[value["oid"]]
            self.hub.commit = SECOND_COMMIT
            address = f"{self.hub.url}/{self.hub.repository}/commit/{SECOND_COMMIT}"
            answer = {"commitUrl": address, "commitOid": SECOND_COMMIT}
        self._send(200, {"Content-Type": "application/json"}, json.dumps(answer).encode())

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.hub.uploads[hashlib.sha256(body).hexdigest()] = body
        self._send(200, {})


def upload_mode(path: str) -> dict[str, object]:
    mode = "lfs" if path.endswith(".safetensors") else "regular"
    return {"path": path, "uploadMode": mode, "shouldIgnore": False}
