"""The pixel's `data` (base64 of one Segment event) -> that event; read by the `segment` dialect."""

from __future__ import annotations

from base64 import b64decode

from msgspec.structs import replace

from harken.listen.dialects import segment
from harken.listen.said import Defaults, Opened, Refused, Said
from harken.words import RawBatch

_STANDARD = bytes.maketrans(b"-_ ", b"+/+")  # URL-safe letters, and the blank a query makes of a plus


def open(batch: RawBatch) -> Opened | Refused:
    """One event, however it is written."""
    body = decoded(batch.body)
    return body if isinstance(body, Refused) else segment.open(replace(batch, body=body))


def read(raw: bytes, defaults: Defaults) -> Said | Refused:
    """As the `segment` dialect does."""
    return segment.read(raw, defaults)


def decoded(data: bytes) -> bytes | Refused:
    """The JSON of base64 of either alphabet, with or without its end; JSON as it is, too.

    >>> decoded(b"eyJhIjoi_-8ifQ") == decoded(b'eyJhIjoi/+8ifQ==') == b'{"a":"\\xff\\xef"}', decoded(b" {} ")
    (True, b'{}')
    """
    body = data.strip()
    if body[:1] == b"{":
        return body
    plain = body.translate(_STANDARD, b"\r\n").rstrip(b"=")
    try:
        return b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except ValueError as error:
        return Refused("not_json", f"data is no base64: {error}; give the base64 of one JSON object")
