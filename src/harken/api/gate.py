"""A write key and where it was shown -> may these events come in: from this origin, at this rate."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import ceil

from harken.api.wire import Headers
from harken.errors import Busy, Forbidden
from harken.words import AccessKey

BURST_SECONDS = 2.0  # how far a source may run ahead of its rate
_BUCKETS = 10_000
_NAMES = "authorization, content-type, x-retry-count, x-write-key, anonymousid, sentat, if-none-match, x-request-id"
_ASKED = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,1024}")
EXPOSED = b"Retry-After, ETag, X-Request-Id, X-Harken-Error"


class Rates:
    """How many events each key may still send: a bucket that fills by its events per second. In memory, per node."""

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float]] = {}  # key id -> (events left, when that was)

    def take(self, key: AccessKey, events: int, now: float) -> None:
        """Count the events, or Busy with when to come again. Who has something left may send any batch whole (the
        rest is owed), so a batch larger than the rate is not shut out for ever."""
        rate = key.per_second
        size = max(1.0, rate * BURST_SECONDS)
        left, at = self._buckets.get(key.id, (size, now))
        left = min(size, left + (now - at) * rate)
        if left < 1.0:
            self._buckets[key.id] = (left, now)
            wait = ceil((1.0 - left) / rate)
            raise Busy(f"this key sends more than its {rate} events a second; wait {wait} s", retry_after=wait)
        if len(self._buckets) >= _BUCKETS:
            self._buckets.clear()
        self._buckets[key.id] = (left - events, now)

    def owe(self, key: AccessKey, events: int) -> None:
        """A body that was let in held that many events more (or fewer) than it looked like."""
        if events and key.id in self._buckets:
            left, at = self._buckets[key.id]
            self._buckets[key.id] = (left - events, at)


def count(body: bytes, hint: str) -> int:
    """About how many events a body holds, without reading it.

    >>> count(b'{"batch":[{"type":"track"},{"type":"page"}]}', "batch"), count(b'{"type":"x"}', "track")
    (2, 1)
    """
    return max(1, body.count(b'"type"')) if hint in {"batch", "import"} else 1


def check_origin(key: AccessKey, headers: Mapping[bytes, bytes]) -> None:
    """Forbidden when a page that may not use this key sends it. Who sends neither Origin nor Referer is no page."""
    if not key.origins:
        return
    told = headers.get(b"origin") or _origin_of(headers.get(b"referer", b""))
    if told and not allowed(told.decode("latin-1"), key.origins):
        shown = told.decode("latin-1")[:100]
        raise Forbidden(f"this key is not for pages of {shown}; add the origin to the key's list", code="origin")


def _origin_of(referer: bytes) -> bytes:
    return b"/".join(referer.split(b"/", 3)[:3])


def allowed(origin: str, patterns: Sequence[str]) -> bool:
    """Whether an origin is on the list; `*.` stands for any subdomain, `*` for all, no scheme for any scheme.

    >>> allowed("https://shop.example.test", ["https://*.example.test"]), allowed("null", ["https://example.test"])
    (True, False)
    """
    origin = origin.lower().rstrip("/")
    return any(_fits(origin, pattern.lower().rstrip("/")) for pattern in patterns)


def _fits(origin: str, pattern: str) -> bool:
    if pattern in {"*", origin}:
        return True
    if "://" not in pattern:
        origin = origin.partition("://")[2]
    if pattern == origin:
        return bool(origin)
    head, star, tail = pattern.partition("*.")
    return bool(star) and origin.startswith(head) and origin.endswith("." + tail) and len(origin) > len(head + tail) + 1


# ---------------------------------------------------------------- what browsers ask


def cors(origin: bytes | None) -> Headers:
    """What lets the page at `origin` read the answer; cookies are allowed for, so never `*`."""
    if origin is None:
        return ((b"vary", b"Origin"),)
    return (
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", EXPOSED),
        (b"vary", b"Origin"),
    )


def preflight(headers: Mapping[bytes, bytes]) -> Headers:
    """The answer to a browser that asks first. Which key will come is not known yet: the request itself is judged."""
    asked = headers.get(b"access-control-request-headers", b"")
    names = _NAMES
    if asked and _ASKED.fullmatch(asked):
        more = [name.strip().lower() for name in asked.decode().split(",")][:32]
        names = ", ".join([_NAMES, *(name for name in more if name and name not in _NAMES.split(", "))])
    return (
        *cors(headers.get(b"origin")),
        (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
        (b"access-control-allow-headers", names.encode()),
        (b"access-control-max-age", b"600"),
    )
