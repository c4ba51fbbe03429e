"""A request's body as it arrives, in pieces and perhaps zipped -> its bytes, never more of them than a limit."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping

from harken.api.wire import Gone, Receive, Unsupported
from harken.errors import HarkenError, Invalid, TooLarge

SECONDS = 30.0  # to send one whole body
DRAINED = 32 * 1024 * 1024  # of a body that is too large: read on that far, so that the client hears why
DRAIN_SECONDS = 5.0
_ASIDE = 32 * 1024  # zipped bodies from this size on are unzipped beside the event loop
_MEMBERS = 64  # of one gzip body; clients send one
_GZIP = b"\x1f\x8b"
_PLAIN = frozenset({b"", b"identity", b"gzip", b"x-gzip"})


class TooSlow(HarkenError):
    """The body did not come in time."""

    status = 408
    code = "too_slow"


async def read(headers: Mapping[bytes, bytes], receive: Receive, limit: int, unzipped: int = 0) -> bytes:
    """The whole body, unzipped when it is gzip (said or not). TooLarge as soon as it passes the limit as sent, or the
    other one (the same when 0) unzipped."""
    body = await _arrived(headers, receive, limit)
    encoding = headers.get(b"content-encoding", b"")
    if encoding and encoding.strip().lower() not in _PLAIN:
        shown = encoding.decode("latin-1")[:40]
        raise Unsupported(f"bodies come plain or as gzip, not as '{shown}'")
    if body[:2] != _GZIP:
        return body
    if len(body) < _ASIDE:
        return unzip(body, unzipped or limit)
    return await asyncio.get_running_loop().run_in_executor(None, unzip, body, unzipped or limit)


async def _arrived(headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> bytes:
    told = headers.get(b"content-length")
    expected = -1
    if told is not None:
        if not told.isdigit():
            raise Invalid("Content-Length is a number of bytes", code="bad_length")
        expected = int(told)
        if expected > limit:
            await _drain(receive)
            raise too_large(expected, limit)
        if expected == 0:
            return b""
    elif b"transfer-encoding" not in headers:
        return b""
    try:
        async with asyncio.timeout(SECONDS):
            return await _pieces(receive, expected, limit)
    except TimeoutError:
        raise TooSlow(f"the body did not come within {SECONDS:.0f} seconds") from None


async def _pieces(receive: Receive, expected: int, limit: int) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if len(body) == expected:
        return body
    pieces, size = [body], len(body)
    while message["type"] == "http.request" and message.get("more_body") and size != expected:
        if size > limit:
            await _drain(receive)
            raise too_large(size, limit)
        message = await receive()
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
    if message["type"] != "http.request" or (expected >= 0 and size != expected):
        raise Gone
    if size > limit:
        raise too_large(size, limit)
    return b"".join(pieces)


async def _drain(receive: Receive) -> None:
    """Read on and forget: a client that is cut off while it sends sees a broken connection, not the answer, and
    sends the same again."""
    size = 0
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            while size < DRAINED:
                message = await receive()
                size += len(message.get("body", b""))
                if not message.get("more_body"):
                    return
    except TimeoutError:
        return


def too_large(size: int, limit: int) -> TooLarge:
    return TooLarge(f"the body has {size:,} bytes or more; at most {limit:,} are taken, send smaller batches")


def unzip(body: bytes, limit: int) -> bytes:
    """Unzip gzip (several members too), making at most `limit` bytes of it.

    >>> import gzip
    >>> unzip(gzip.compress(b"a") + gzip.compress(b"b"), 10)
    b'ab'
    """
    pieces: list[bytes] = []
    size = 0
    rest = body
    while rest[:2] == _GZIP:
        if len(pieces) == _MEMBERS:
            raise Invalid(f"the body is made of more than {_MEMBERS} gzip members", code="bad_gzip")
        unzipping = zlib.decompressobj(wbits=31)
        try:
            piece = unzipping.decompress(rest, limit - size + 1)
        except zlib.error as error:
            raise Invalid(f"the body is not whole gzip: {error}", code="bad_gzip") from None
        size += len(piece)
        if size > limit:
            raise too_large(size, limit)
        if not unzipping.eof:
            raise Invalid("the body is not whole gzip: it ends in the middle", code="bad_gzip")
        pieces.append(piece)
        rest = unzipping.unused_data
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
