"""The bytes of a body -> the bytes of its items: an array, one object, or one object per line; or why not."""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import TypeVar

from msgspec import DecodeError, Raw, ValidationError
from msgspec.json import Decoder

from harken.listen.said import Refused

T = TypeVar("T")
_array = Decoder(list[Raw])
_one = Decoder(Raw)
_ARRAY = ord("[")
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")
_DIGITS = 4_000  # of a whole number; Python reads no more than 4,300
_SURROGATES = re.compile("[\ud800-\udfff]")
_RIGHT = "send one JSON object, an array of them, or one object per line, in UTF-8"


def trimmed(body: bytes) -> bytes:
    """Without what editors and shells put around JSON.

    >>> trimmed(b'\\xef\\xbb\\xbf{} \\n')
    b'{}'
    """
    return body.removeprefix(b"\xef\xbb\xbf").strip()


def items(body: bytes) -> list[bytes] | list[Raw] | Refused:
    """The items of a trimmed body, unread.

    >>> [bytes(item) for item in items(b'[{"a": 1}, {}]')]
    [b'{"a": 1}', b'{}']
    >>> items(b'{"a": 1}\\n{"a": 2}')
    [b'{"a": 1}', b'{"a": 2}']
    """
    if not body:
        return Refused("not_json", f"the body is empty; {_RIGHT}")
    if body[:1] == b"[":
        return decoded(_array, body)
    lines = body.split(b"\n")
    if len(lines) == 1 or _is_one(body):
        return [body]
    return lines


def decoded(decoder: Decoder[T], body: bytes) -> T | Refused:
    """What the decoder makes of a body, mended if need be; or why nothing."""
    try:
        return decoder.decode(body)
    except (DecodeError, RecursionError) as error:
        mended = repaired(body) if type(error) is DecodeError or _too_big(error) else None
        if mended is None:
            return unreadable(body, error)
    try:
        return decoder.decode(mended)
    except (DecodeError, RecursionError) as error:
        return unreadable(mended, error)


def _is_one(body: bytes) -> bool:
    """One object over several lines, or the first of several."""
    try:
        _one.decode(body)
    except (DecodeError, RecursionError):
        first = body.partition(b"\n")[0].strip()
        return not first.endswith(b"}")
    return True


def repaired(body: bytes) -> bytes | None:
    """What Python and browsers send beside JSON, made JSON: NaN, Infinity and numbers no computer holds as null, half
    emojis as U+FFFD.

    >>> repaired(b'{"a": NaN, "b": "cut \\\\ud83d"}').decode()
    '{"a":null,"b":"cut \ufffd"}'
    >>> repaired(b'[1e999, 1.5]')
    b'[null,1.5]'
    >>> repaired(b'{"a": ') is None
    True
    """
    try:
        value = json.loads(body, parse_constant=lambda _: None, parse_float=_finite, parse_int=_whole)
        clean = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return _SURROGATES.sub("\ufffd", clean).encode()


def _finite(text: str) -> float | None:
    value = float(text)
    return value if isfinite(value) else None


def _whole(text: str) -> int | None:
    return int(text) if len(text) < _DIGITS else None


def _too_big(error: Exception) -> bool:
    return isinstance(error, ValidationError) and "out of range" in str(error)


def unreadable(raw: bytes, error: Exception) -> Refused:
    """Why a decoder could not read these bytes, with the place."""
    if isinstance(error, RecursionError):
        return Refused("too_deep", "nested deeper than any limit; flatten it")
    if _too_big(error):
        return Refused("not_json", f"{error}; no computer holds such a number")
    if isinstance(error, ValidationError):
        if "Expected `object`" in str(error) and "$" not in str(error):
            return Refused("not_an_object", f"{error}; an event is a JSON object")
        return Refused("bad_field", f"{error}")
    if not is_utf8(raw):
        return not_utf8(raw)
    place = str(error).removeprefix("JSON is malformed: ")
    if "byte" not in place:
        place = f"ends in the middle (byte {len(raw)})"
    return Refused("not_json", f"not JSON: {place}; {_RIGHT}")


def not_utf8(raw: bytes) -> Refused:
    return Refused("not_json", f"not UTF-8 at byte {_bad_byte(raw)}; {_RIGHT}")


def is_utf8(raw: bytes) -> bool:
    return raw.isascii() or _bad_byte(raw) < 0


def _bad_byte(raw: bytes) -> int:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return error.start
    return -1


def too_deep(raw: bytes, limit: int) -> bool:
    """Whether objects and arrays are nested deeper than the limit; brackets inside strings do not count.

    >>> too_deep(b'{"a":[["[[["]]}', 3), too_deep(b'{"a":[["[[["]]}', 2)
    (False, True)
    """
    opening = raw.count(b"{")
    if _ARRAY in raw:  # a fast look that mostly spares a slow one
        opening += raw.count(b"[")
    if opening <= limit:
        return False
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", raw)):
        depth += 1 if bracket in b"[{" else -1
        if depth > limit:
            return True
    return False
