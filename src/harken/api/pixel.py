"""The query of an image's address -> the one event in it; and the image."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from binascii import Error as BadBase64
from urllib.parse import parse_qsl

from harken.api.wire import Headers
from harken.errors import Invalid, TooLarge

IMAGE = bytes.fromhex(  # one transparent point, GIF
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
HEADERS: Headers = (
    (b"content-type", b"image/gif"),
    (b"cache-control", b"no-store, max-age=0"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)


def data(query: bytes, limit: int) -> bytes:
    """The `data` of a query, as it was sent.

    >>> data(b"data=eyJldmVudCI6IlNlZW4ifQ&writeKey=k", 100)
    b'eyJldmVudCI6IlNlZW4ifQ'
    """
    try:
        told = dict(parse_qsl(query.decode("latin-1"), max_num_fields=20)).get("data", "")
    except ValueError:
        told = ""
    if not told:
        raise Invalid("the address needs ?data= with the event as base64 of JSON", code="no_data")
    if len(told) > limit * 4 // 3 + 4:
        raise TooLarge(f"an event has at most {limit:,} bytes")
    return told.encode("latin-1", "replace")


def decoded(told: bytes) -> bytes:
    """What it says, to find a write key in it; b"" when it is no base64.

    >>> decoded(b"eyJldmVudCI6IlNlZW4ifQ")
    b'{"event":"Seen"}'
    """
    text = told.replace(b" ", b"-").translate(bytes.maketrans(b"+/", b"-_")).rstrip(b"=")
    try:
        return urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except (BadBase64, ValueError):
        return b""
