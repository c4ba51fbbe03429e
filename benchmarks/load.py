"""Load for an HTTP collector: prepared requests over keep-alive connections -> how fast they were answered.

Runs as its own process (`python -m benchmarks.load PORT EVENTS PER_REQUEST CONNECTIONS SEED`), prints one JSON line.
Requests are made before the clock starts, so that it measures the server and not the making of JSON.
"""

from __future__ import annotations

import json
import random
import selectors
import socket
import sys
import time
from base64 import b64encode

from benchmarks.measure import WRITE_KEY

PAGES = (
    [f"/plans/{name}" for name in ("s", "m", "l", "xl")]
    + [f"/phones/{number}" for number in range(40)]
    + ["/", "/help", "/cart"]
)


def event(rng: random.Random, visitor: int, at: float) -> dict[str, object]:
    """A page view or click as a browser sends it; a third of the visitors are signed in."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03d}Z"
    path = rng.choice(PAGES)
    body: dict[str, object] = {
        "type": "page" if rng.random() < 0.6 else "track",
        "messageId": f"ajs-{rng.getrandbits(96):024x}",
        "anonymousId": f"a-{visitor:08d}",
        "timestamp": stamp,
        "context": {
            "page": {"path": path, "url": f"https://shop.example{path}", "title": "Tideline"},
            "library": {"name": "analytics.js", "version": "3"},
        },
        "properties": {"path": path, "topic": "plans/gold", "price": 12.5},
    }
    body["name" if body["type"] == "page" else "event"] = "Plan" if body["type"] == "page" else "Plan Compared"
    if visitor % 3 == 0:
        body["userId"] = f"u-{visitor:08d}"
    return body


def requests(events: int, per_request: int, visitors: int, seed: int) -> list[bytes]:
    """Whole HTTP requests."""
    rng = random.Random(seed)
    key = b64encode(f"{WRITE_KEY}:".encode()).decode()
    path = "/v1/track" if per_request == 1 else "/v1/batch"
    now = time.time() - 60
    made = []
    for start in range(0, events, per_request):
        told = [
            event(rng, rng.randrange(visitors), now + (start + place) / 50_000)
            for place in range(min(per_request, events - start))
        ]
        if per_request == 1:
            told[0]["type"], told[0]["event"] = "track", "Plan Compared"
        body = json.dumps(told[0] if per_request == 1 else {"batch": told}, separators=(",", ":")).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        made.append(head.encode() + body)
    return made


class Line:
    """One keep-alive connection: sends a request, waits for its answer, sends the next."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self.read = b""

    def send(self, request: bytes) -> None:
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def answered(self) -> bool:
        """Read what came; True when the answer is whole."""
        self.read += self.socket.recv(65536)
        head, found, body = self.read.partition(b"\r\n\r\n")
        if not found:
            return False
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(body) < length:
            return False
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode() + body.decode()[:300])
        self.read = b""
        return True


def run(port: int, made: list[bytes], connections: int) -> tuple[float, list[float]]:
    """Send everything; seconds it took and each request's seconds."""
    picker = selectors.DefaultSelector()
    waiting = iter(made)
    taken: list[float] = []
    began = time.perf_counter()
    open_lines = 0
    for _ in range(min(connections, len(made))):
        line = Line(port)
        picker.register(line.socket, selectors.EVENT_READ, line)
        line.send(next(waiting))
        open_lines += 1
    while open_lines:
        for key, _ in picker.select():
            line = key.data
            if not line.answered():
                continue
            taken.append(time.perf_counter() - line.began)
            request = next(waiting, None)
            if request is None:
                picker.unregister(line.socket)
                line.socket.close()
                open_lines -= 1
            else:
                line.send(request)
    return time.perf_counter() - began, taken


def main() -> None:
    """Make the requests, send them, tell."""
    port, events, per_request, connections, seed = (int(word) for word in sys.argv[1:6])
    visitors = max(1, events // 8)
    warm = requests(min(events, 20 * per_request), per_request, visitors, seed + 1)
    made = requests(events, per_request, visitors, seed)
    run(port, warm, connections)
    seconds, taken = run(port, made, connections)
    taken.sort()
    told = {
        "seconds": seconds,
        "requests": len(made),
        "p50": taken[len(taken) // 2],
        "p99": taken[int(len(taken) * 0.99)],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
