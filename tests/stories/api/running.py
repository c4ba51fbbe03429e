"""Settings -> a hub's server as a process of its own, told to stop or killed as a test wants it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import msgspec

from harken.settings import Settings

WRITE_KEY = "write-key-of-the-tests"
SECRET_KEY = "secret-key-of-the-tests"
_START = (
    "import sys, msgspec\n"
    "from harken.server import serve\n"
    "from harken.settings import Settings\n"
    "sys.exit(serve(msgspec.json.decode(sys.argv[1], type=Settings)))\n"
)


class Running:
    """One server. `url` is where it listens, `lines` what it logged, `http` a client that shows the secret key."""

    def __init__(self, data: Path, *, python: str = sys.executable, **settings: Any) -> None:
        told = {"port": 0, "write_key": WRITE_KEY, "secret_key": SECRET_KEY, "data": str(data), **settings}
        self.settings = Settings(**told)
        self.lines: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            [python, "-c", _START, msgspec.json.encode(self.settings).decode()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._listening = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._listening.wait(30) or not self.lines:
            self._end(signal.SIGKILL)
            raise RuntimeError(f"the server did not start: {self.lines} {self.log}")
        self.url = str(self.line("listening")["at"])
        self.http = httpx.Client(
            base_url=self.url, headers={"authorization": f"Bearer {SECRET_KEY}"}, timeout=30, trust_env=False
        )

    def _read(self) -> None:
        self.log = ""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            text = line.decode()
            self.log += text
            try:
                self.lines.append(json.loads(text))
            except ValueError:
                continue
            if self.lines[-1]["event"] == "listening":
                self._listening.set()
        self._listening.set()

    def line(self, event: str) -> dict[str, Any]:
        """The first log line of an event."""
        return next(line for line in self.lines if line["event"] == event)

    def wait_for(self, event: str, request_id: str) -> list[dict[str, Any]]:
        """The log lines of an event about one request, once there is one."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            found = [one for one in self.lines if one["event"] == event and one.get("request_id") == request_id]
            if found:
                return found
            time.sleep(0.005)
        return []

    # ------------------------------------------------------------------ events in, answers out

    def post(self, path: str, body: object, *, key: str | None = WRITE_KEY, **told: Any) -> httpx.Response:
        """Send events as a plain client does: JSON, the write key as Basic user name."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        auth = None if key is None else (key, "")
        with httpx.Client(base_url=self.url, timeout=30, trust_env=False) as client:
            return client.post(path, content=content, auth=auth, **told)

    def get(self, path: str, **told: Any) -> Any:
        """What the read API answers."""
        answer = self.http.get(path, **told)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def key(self, **wanted: Any) -> str:
        """A new write key."""
        answer = self.http.post("/api/keys", json=wanted)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["key"])

    # ------------------------------------------------------------------ ends

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Ask it to end and wait; gives its exit code."""
        self.http.close()
        return self._end(how)

    def _end(self, how: int) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(40)
        self._reader.join(5)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return code

    def kill(self) -> None:
        """As a power cut would."""
        self.stop(signal.SIGKILL)

    def __enter__(self) -> Running:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
