"""One field as a client sent it, of whatever JSON type -> the text, mapping or list it was meant to be."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from msgspec import DecodeError, Struct
from msgspec.json import Decoder
from msgspec.structs import fields

from harken.listen.bodies import unreadable
from harken.listen.said import NOTHING, Refused
from harken.words import digest

LONGEST_ID = 100  # of a message id, as Segment documents it
NAME = 120  # longer names are cut: a name is a kind of thing, not a thing

Item = TypeVar("Item", bound=Struct)


def reader(item: type[Item]) -> Callable[[bytes, list[str]], Item | Refused]:
    """How items of a dialect are read: by their types, and when a field is of another type, field by field.

    A field of the wrong type must not cost the event: a number is read as text by its digits, anything else is ignored
    with a warning.
    """
    typed, untyped = Decoder(item), Decoder(dict[str, Any])
    texts = {field.name: field.encode_name for field in fields(item) if field.type == str | None}
    objects = {field.name: field.encode_name for field in fields(item) if field.type == dict[str, Any] | None}
    others = {field.name: field.encode_name for field in fields(item) if field.name not in {**texts, **objects}}

    def read(raw: bytes, warnings: list[str]) -> Item | Refused:
        try:
            return typed.decode(raw)
        except (DecodeError, UnicodeDecodeError, RecursionError):
            pass
        try:
            said = untyped.decode(raw)
        except (DecodeError, UnicodeDecodeError, RecursionError) as error:
            return unreadable(raw, error)
        return item(
            **{name: _text(said.get(sent), sent, warnings) for name, sent in texts.items()},
            **{name: mapping(said.get(sent), sent, warnings) for name, sent in objects.items()},
            **{name: said.get(sent) for name, sent in others.items()},
        )

    return read


def _text(value: object, name: str, warnings: list[str]) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if not number(value):
        warnings.append(f"{name} ignored: {kind_of(value)}, a string was expected")
    return number(value) or None


@lru_cache(maxsize=16_384)
def clean(value: str, limit: int = NAME) -> str:
    """Stripped, cut, and with U+FFFD where a NUL was: a name is shown, and one with it is another than one without.

    >>> clean(" Plan Viewed "), clean("Plan\\0 Viewed\\0")
    ('Plan Viewed', 'Plan\ufffd Viewed')
    """
    if "\x00" in value:
        value = value.strip("\x00 \t\r\n").replace("\x00", "\ufffd")
    return value.strip()[:limit].rstrip()


def text(value: object, limit: int = NAME) -> str:
    """A clean text; a number as its digits; "" for what is no text.

    >>> text(" Plan Viewed "), text(42), text(None), text({"a": 1})
    ('Plan Viewed', '42', '', '')
    """
    return clean(value if isinstance(value, str) else number(value), limit)


def number(value: object) -> str:
    """The digits of a number, as people write it; "" for anything else (true is not a number).

    >>> number(4711), number(4711.0), number(0.5), number(True)
    ('4711', '4711', '0.5', '')
    """
    if value.__class__ is int:
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return ""


def mapping(value: object, name: str, warnings: list[str]) -> dict[str, Any]:
    """A JSON object; nothing when it is absent or, as PHP writes an empty one, `[]`. Anything else is told of."""
    if value.__class__ is dict:
        return value
    if value is not None and value != []:
        warnings.append(f"{name} ignored: {kind_of(value)}, an object was expected")
    return NOTHING


def first_told(*values: object) -> object:
    """The first that is there; null and "" are not.

    >>> first_told(None, "", 0)
    0
    """
    for value in values:
        if value is not None and value != "":
            return value
    return None


def listed(value: object) -> list[Any]:
    """A JSON array, of one when it is a single thing; nothing when it is absent.

    >>> listed(["a"]), listed("a"), listed(None)
    (['a'], ['a'], [])
    """
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def message_id(value: str | None, warnings: list[str]) -> str:
    """The client's own id of the message; "" when it gave none."""
    if not value:
        return ""
    plain = value.strip()
    if "\x00" in plain:
        warnings.append("message id kept as a digest: it has a NUL character in it")
        return digest("message", plain)
    if len(plain) > LONGEST_ID:
        warnings.append(f"message id of {len(plain)} characters kept as a digest; up to {LONGEST_ID} are kept as sent")
        return digest("message", plain)
    return plain


def kind_of(value: object) -> str:
    """What a JSON value is, for people.

    >>> kind_of("x"), kind_of([1]), kind_of(None)
    ('a string', 'an array', 'null')
    """
    names = {str: "a string", dict: "an object", list: "an array", bool: "true or false", int: "a number"}
    return "null" if value is None else names.get(type(value), "a number")


def short(value: object) -> str:
    """A value as sent, short enough for a message.

    >>> short("x" * 100)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'"
    """
    shown = repr(value)
    return shown if len(shown) <= 41 else shown[:39] + "…" + shown[0] * (shown[0] in "'\"")
