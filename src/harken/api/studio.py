"""A hub's settings -> the studio on the web: its built files, and its page at every address of its own.

The files are made by `studio/build.py` and never rewritten: the page gets its prefix as `<base>` while it is served, so
any prefix and a read-only installation work. Text is sent as it was compressed when it was built.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from html import escape
from pathlib import Path

from harken.api.wire import Scope, Send, WrongMethod, answer
from harken.errors import NotFound

POLICY = (
    b"default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; base-uri 'self'; "
    b"form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
TYPES: Mapping[str, bytes] = {
    "html": b"text/html; charset=utf-8",
    "js": b"text/javascript; charset=utf-8",
    "css": b"text/css; charset=utf-8",
    "svg": b"image/svg+xml",
    "json": b"application/json",
    "woff2": b"font/woff2",
    "png": b"image/png",
    "txt": b"text/plain; charset=utf-8",
}
BUILT = Path(__file__).parent.parent / "studio"
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
FIRST = frozenset(
    {
        "",
        "live",
        "touchpoints",
        "map",
        "paths",
        "funnels",
        "gaps",
        "retention",
        "attribution",
        "dashboard",
        "segments",
        "customers",
        "start",
        "admin",
    }
)  # of the studio's addresses
FILES = frozenset({"/mark.svg", "/THIRD_PARTY.txt"})  # beside the assets


class Studio:
    """Serves what was built to a folder."""

    def __init__(self, prefix: str, folder: Path = BUILT) -> None:
        self._prefix = prefix.rstrip("/")
        self._folder = folder

    def asked(self, path: str) -> bool:
        """Whether a path is one of the studio's files, or an address it shows a page at."""
        return path in FILES or path.startswith("/assets/") or path.split("/")[1] in FIRST

    async def take(self, scope: Scope, send: Send) -> None:
        """One request for it."""
        if scope["method"] not in {"GET", "HEAD"}:
            raise WrongMethod("GET, HEAD")
        path: str = scope["path"]
        if path.startswith("/assets/") or path in FILES:
            await self._file(path, dict(scope["headers"]), send)
        else:
            await self.page(send)

    async def page(self, send: Send, status: int = 200) -> None:
        """The page; what it shows it finds in its own address."""
        head = [
            (b"content-type", TYPES["html"]),
            (b"cache-control", b"no-cache"),
            (b"x-content-type-options", b"nosniff"),
            (b"content-security-policy", POLICY),
            (b"referrer-policy", b"same-origin"),
        ]
        await answer(send, status, head, page(self._folder, self._prefix))

    async def _file(self, path: str, headers: Mapping[bytes, bytes], send: Send) -> None:
        name = path.removeprefix("/")
        parts = name.split("/")
        kind = TYPES.get(name.rpartition(".")[2])
        if kind is None or any(part in {"", ".", ".."} or "\\" in part or "\0" in part for part in parts):
            raise NotFound("there is no such file", code="no_such_address")
        head = [
            (b"content-type", kind),
            (b"x-content-type-options", b"nosniff"),
            (b"vary", b"accept-encoding"),
            (b"cache-control", b"public, max-age=31536000, immutable" if parts[0] == "assets" else b"no-cache"),
        ]
        taken = encodings(headers.get(b"accept-encoding", b""))
        for encoding, ending in ENCODINGS:
            if encoding in taken:
                with suppress(OSError):
                    body = read(self._folder, name + ending)
                    await answer(send, 200, [*head, (b"content-encoding", encoding.encode())], body)
                    return
        try:
            body = read(self._folder, name)
        except OSError:
            raise NotFound(
                "there is no such file; the hub may have another version now", code="no_such_address"
            ) from None
        await answer(send, 200, head, body)


def encodings(told: bytes) -> frozenset[str]:
    """What a browser takes, by Accept-Encoding.

    >>> sorted(encodings(b"gzip, deflate;q=0.5, br;q=0"))
    ['deflate', 'gzip']
    """
    found = set()
    for one in told.decode("latin-1").lower().split(","):
        name, _, weight = one.strip().partition(";")
        if weight.replace(" ", "").removeprefix("q=").strip("0.") or not weight:
            found.add(name.strip())
    return frozenset(found)


@lru_cache(maxsize=512)
def read(folder: Path, name: str) -> bytes:
    """One built file, remembered; OSError when there is none."""
    return folder.joinpath(*name.split("/")).read_bytes()


def page(folder: Path, prefix: str) -> bytes:
    """The studio's page for a prefix; when the studio was not built, how to get it."""
    base = f'<head><base href="{escape(prefix)}/">'
    try:
        text = folder.joinpath("index.html").read_text("utf-8")
    except OSError:
        return (
            f"<!doctype html><html lang='en'>{base}<title>Harken</title></head><body><h1>Harken</h1><p>This hub was "
            "installed without its studio. Its API is all here: <a href='api/docs'>documentation</a>.</p>"
            "<p>In a checkout, <code>make studio</code> builds it.</p></body></html>"
        ).encode()
    return text.replace("<head>", base, 1).encode()
