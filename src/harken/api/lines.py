"""A long import, one event a line or an array of them -> parts that are heard one by one."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

PART_LINES = 1_000  # and about …
PART_BYTES = 1024 * 1024  # … of one part; each is durable by itself


def parts(body: bytes) -> Iterator[tuple[int, bytes]]:
    """(place of its first event, bytes) of each part. Lines stay whole; one Segment batch stays whole too.

    >>> list(parts(b'{"a":1}\\n{"a":2}'))
    [(0, b'{"a":1}\\n{"a":2}')]
    """
    if len(body) <= PART_BYTES and body.count(b"\n") < PART_LINES and body.lstrip()[:1] != b"[":
        yield 0, body
        return
    lines = _lines(body)
    if lines is None:
        yield 0, body
        return
    first, size, part = 0, 0, list[bytes]()
    for place, line in enumerate(lines):
        if part and (size + len(line) > PART_BYTES or len(part) == PART_LINES):
            yield first, b"\n".join(part)
            first, size, part = place, 0, []
        part.append(line)
        size += len(line)
    yield first, b"\n".join(part)


def _lines(body: bytes) -> list[bytes] | None:
    """One event each; None when it is one thing, or nothing that can be read, however long."""
    if body.lstrip()[:1] == b"[":
        try:
            return [_one_line(raw) for raw in msgspec.json.decode(body, type=list[msgspec.Raw])] or None
        except (msgspec.DecodeError, RecursionError):
            return None
    lines = body.split(b"\n")
    try:
        msgspec.json.decode(next((line for line in lines if line.strip()), b""), type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    return lines


def _one_line(raw: msgspec.Raw) -> bytes:
    text = bytes(raw)
    return text.replace(b"\n", b" ").replace(b"\r", b" ") if b"\n" in text or b"\r" in text else text
