"""A prefix -> the page at /api/docs that people read the API in: a frame, filled in the browser from openapi.json.

It brings everything itself (CSP `default-src 'self'`) and is there without the studio, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from importlib.resources import files

from harken import __version__
from harken.api.wire import Scope, Send, WrongMethod, answer

POLICY = b"default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
FILES: Mapping[str, tuple[str, bytes]] = {
    "/api/docs/docs.css": ("docs.css", b"text/css; charset=utf-8"),
    "/api/docs/docs.js": ("docs.js", b"text/javascript; charset=utf-8"),
    "/favicon.ico": ("mark.svg", b"image/svg+xml"),
}
PAGE = frozenset({"/api/docs", "/api/docs/"})


class Docs:
    """Serves the API's documentation."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix.rstrip("/")

    @staticmethod
    def asked(path: str) -> bool:
        """Whether a path is the page, or a file of it."""
        return path in PAGE or path in FILES

    async def take(self, scope: Scope, send: Send) -> None:
        """One request for it."""
        if scope["method"] not in {"GET", "HEAD"}:
            raise WrongMethod("GET, HEAD")
        name, kind = FILES.get(scope["path"], ("", b"text/html; charset=utf-8"))
        body = files("harken.api").joinpath("static", name).read_bytes() if name else docs_page(self._prefix)
        head = [
            (b"content-type", kind),
            (b"cache-control", b"no-cache"),
            (b"x-content-type-options", b"nosniff"),
            (b"content-security-policy", POLICY),
            (b"referrer-policy", b"no-referrer"),
        ]
        await answer(send, 200, head, body)


def docs_page(prefix: str) -> bytes:
    """The frame that docs.js fills from openapi.json."""
    base = escape(prefix, quote=True) + "/"
    links = (("./", "Studio"), ("readyz", "Health"), ("metrics", "Metrics"))
    shown = "".join(f'<a href="{href}">{name}</a>' for href, name in links)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>API · Harken</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><base href="{base}">'
        '<link rel="icon" href="favicon.ico" type="image/svg+xml"><link rel="stylesheet" href="api/docs/docs.css">'
        '<script type="module" src="api/docs/docs.js"></script></head><body>'
        f'<a class="skip" href="{base}api/docs#main">To the content</a><header class="top"><a class="brand" href="./">'
        f'<img src="favicon.ico" width="26" height="26" alt="">Harken</a><nav aria-label="Pages">{shown}</nav></header>'
        '<main class="docs" id="main"><nav id="menu" aria-label="Operations"></nav>'
        f'<div><h1>API <span class="dim">{escape(__version__)}</span></h1><p class="lead" id="about"></p>'
        '<p class="lead"><a href="api/openapi.json">openapi.json</a></p><div id="operations">'
        "<noscript><p>This page needs JavaScript; openapi.json says the same.</p></noscript></div></div></main></body></html>"
    ).encode()
