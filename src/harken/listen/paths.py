"""A URL or path with ids in it -> the pattern of pages it is one of: `/orders/4711/items` -> `/orders/*/items`."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

SEGMENTS = 6  # of a pattern that names a place; deeper pages are parts of one

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*|//[^/?#]*")
_EXTENSION = re.compile(r"\.[a-zA-Z]{2,5}$")
_PARTS = re.compile(r"[-_.~:,+ ]")
_EMAIL = re.compile(r"[^@]+@[^@]+\.[^@]+")
_HEX = re.compile(r"(?=.*[0-9])[0-9a-fA-F]{8,}|[0-9a-fA-F]{16,}")
_DIGITS = re.compile(r"(?<![0-9])(?!(?:19|20)[0-9]{2}(?![0-9]))[0-9]{4,}")  # years are no ids
_TURNS = re.compile(r"(?<=[a-zA-Z])(?=[0-9])|(?<=[0-9])(?=[a-zA-Z])|(?<=[a-z])(?=[A-Z])")


@lru_cache(maxsize=65_536)
def pattern(url: str) -> str:
    """The path with `*` for every segment that is an id: a number, uuid, hash, date, token or e-mail address.

    >>> pattern("https://shop.test/orders/4711/items/?page=2#top")
    '/orders/*/items'
    >>> pattern("/blog/2026-01-31/iphone-15-pro"), pattern("/"), pattern("")
    ('/blog/*/iphone-15-pro', '/', '')
    """
    path = path_of(url)
    if not path:
        return ""
    return "/" + "/".join(["*" if is_id(segment) else segment for segment in path.split("/") if segment])


def path_of(url: str) -> str:
    """Without scheme, host, query, fragment, path parameters, doubled and trailing slashes.

    >>> path_of("https://shop.test//a/b/;jsessionid=1?q=2"), path_of("shop"), path_of("https://shop.test")
    ('/a/b', '/shop', '/')
    """
    plain = url.replace("\x00", "\ufffd").strip()
    if not plain:
        return ""
    plain = _SCHEME.sub("", plain, count=1) if _SCHEME.match(plain) else plain
    plain = plain.partition("#")[0].partition("?")[0]
    return "/" + "/".join([kept for part in plain.split("/") if (kept := part.partition(";")[0].strip())])


def place(path: str) -> str:
    """A pattern cut to the depth that still names a place.

    >>> place("/a/b/c/d/e/f/g")
    '/a/b/c/d/e/f'
    """
    return "/".join(path.split("/", SEGMENTS + 1)[: SEGMENTS + 1])


def is_id(segment: str) -> bool:
    """Whether a segment names one thing of many rather than a kind of page.

    >>> [s for s in ("4711", "8f3kd92k", "deadbeef01", "a@b.test", "cart", "v2", "iphone-15", "step3.html") if is_id(s)]
    ['4711', '8f3kd92k', 'deadbeef01', 'a@b.test']
    """
    if segment == "*":
        return True
    plain = unquote(segment) if "%" in segment else segment
    if "@" in plain and _EMAIL.fullmatch(plain):
        return True
    if not any("0" <= letter <= "9" for letter in plain):
        return _is_token(plain)
    parts = [part for part in _PARTS.split(_EXTENSION.sub("", plain)) if part]
    return all(part.isdigit() for part in parts) or any(_is_token(part) for part in parts)


def _is_token(part: str) -> bool:
    """A long number (`p4711`), a hash, or letters and digits mixed as no word is."""
    if _HEX.fullmatch(part) or _DIGITS.search(part):
        return True
    if len(part) < 8:
        return False
    turns = len(_TURNS.findall(part))
    return (turns >= 3 and any("0" <= letter <= "9" for letter in part)) or (len(part) >= 20 and turns >= 5)
