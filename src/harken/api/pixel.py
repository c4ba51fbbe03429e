"""The query of an image's address, or what was posted there -> the one event in it; and the image."""

from __future__ import annotations

from urllib.parse import parse_qsl

from harken.api.wire import Headers
from harken.errors import Invalid
from harken.listen.dialects.pixel import decoded

CALLS = ("track", "identify", "page", "screen", "group", "alias")
IMAGE = bytes.fromhex(  # one transparent point, GIF
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
HEADERS: Headers = (
    (b"content-type", b"image/gif"),
    (b"cache-control", b"no-store, max-age=0"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)


def data(query: bytes) -> bytes:
    """The `data` of a query, as it was sent.

    >>> data(b"data=eyJldmVudCI6IlNlZW4ifQ&writeKey=k")
    b'eyJldmVudCI6IlNlZW4ifQ'
    """
    try:
        told = dict(parse_qsl(query.decode("latin-1"), max_num_fields=20)).get("data", "")
    except ValueError:
        told = ""
    if not told:
        raise Invalid("the address needs ?data= with the event as base64 of JSON", code="no_data")
    return told.encode("latin-1", "replace")


def event(told: bytes) -> bytes:
    """What `data` says, as JSON.

    >>> event(b"eyJldmVudCI6IlNlZW4ifQ")
    b'{"event":"Seen"}'
    """
    said = decoded(told)
    if isinstance(said, bytes):
        return said
    raise Invalid(said.detail, code=said.reason)


def posted(body: bytes, query: bytes) -> bytes:
    """The event of a POST: its body (JSON, base64 of it, or a form's `data=…`), else the `data` of the address.

    >>> posted(b"data=eyJldmVudCI6IlNlZW4ifQ", b""), posted(b"", b"data=e30")
    (b'{"event":"Seen"}', b'{}')
    """
    if not body.strip():
        return event(data(query))
    return event(data(body) if body.startswith(b"data=") else body)
