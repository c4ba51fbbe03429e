"""The pixel's `data` (base64 of one Segment event) -> that event; read by the `segment` dialect."""

from __future__ import annotations

from base64 import b64decode

from msgspec.structs import replace

from harken.listen.dialects import segment
from harken.listen.said import Defaults, Opened, Refused, Said
from harken.words import RawBatch

_STANDARD = bytes.maketrans(b"-_ ", b"+/+")  # URL-safe letters, and the blank a query makes of a plus


def open(batch: RawBatch) -> Opened | Refused:
    """Base64 of either alphabet, with or without its end; JSON as it is, too."""
    body = batch.body.strip()
    if body[:1] != b"{":
        plain = body.translate(_STANDARD, b"\r\n").rstrip(b"=")
        try:
            body = b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
        except ValueError as error:
            return Refused("not_json", f"data is no base64: {error}; give the base64 of one JSON object")
    return segment.open(replace(batch, body=body))


def read(raw: bytes, defaults: Defaults) -> Said | Refused:
    """As the `segment` dialect does."""
    return segment.read(raw, defaults)
