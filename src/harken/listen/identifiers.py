"""Ids, addresses and numbers as clients send them -> the identifiers of an event, normalized, strongest key first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeAlias

from harken.errors import Invalid
from harken.listen.fields import kind_of, number, short
from harken.listen.said import Said
from harken.words import Identifier, Key

LONGEST = 512  # a longer value is a mistake, not an id

# What programs write when they have no id. Compared in lower case with the stripped value.
BLOCKED = frozenset({
    "null", "undefined", "nil", "none", "nan", "n/a", "na", "-1", "guest", "anonymous", "anon", "unknown", "invalid",
    "true", "false", "void", "(null)", "<null>", "(none)", "not set", "(not set)", "[object object]",
    "[object undefined]", "[object null]",
})  # fmt: skip
_NOBODY = re.compile(r"[0-]*|\{\{.*\}\}|\$\{.*\}")  # zeros (also of a zeroed advertising id), templates left unfilled
_ADDRESS = re.compile(r"[^@\s,;<>()\"\\]+@[^@\s,;<>()\"\\.]+(\.[^@\s,;<>()\"\\.]+)+")

# A value as sent -> (place among the keys, identifier), or why it identifies nobody.
Reader: TypeAlias = Callable[[str], "tuple[int, Identifier] | str"]
# What the two ids most items have identify; only where nothing is to be warned of.
Whose: TypeAlias = dict[tuple[tuple[str, str | None], ...], tuple[Identifier, ...]]
REMEMBERED = 32_768  # of these
_TEXTS = (str, type(None))
_PLACED = ("user_id", "anonymous_id", "device_id", "group_id")  # have fields of their own, so no trait stands for them


class NotOneError(ValueError):
    """Within this file: a value its normalizer cannot read as one of its kind."""


def readers(keys: Iterable[Key]) -> dict[str, Reader]:
    """One reader by kind, remembering what it read (bounded). Weaker keys have higher places."""
    ordered = sorted(keys, key=lambda key: key.priority)
    return {key.id: _reader(key, place) for place, key in enumerate(ordered)}


def of_traits(kinds: Iterable[str]) -> tuple[str, ...]:
    """The kinds that a trait of the same name stands for: `email`, `phone`, `loyalty`, …"""
    return tuple(kind for kind in kinds if kind not in _PLACED)


def _reader(key: Key, place: int) -> Reader:
    normalize = _NORMALIZERS[key.normalizer](key)
    try:
        blocked = [re.compile(pattern, re.IGNORECASE) for pattern in key.blocked]
    except re.error as error:
        raise Invalid(f"key {key.id}: blocked value {error.pattern!r} is no regular expression: {error}") from error

    @lru_cache(maxsize=32_768)
    def read(value: str) -> tuple[int, Identifier] | str:
        plain = value.strip()
        if not plain:
            return ""
        if is_blocked(plain) or any(pattern.fullmatch(plain) for pattern in blocked):
            return f"{key.id} {short(value)} is blocked: it identifies nobody"
        if "\x00" in plain or len(plain) > LONGEST:  # leaving the NUL out would make one of two ids
            odd = (
                f"{short(value)} has a NUL character in it"
                if "\x00" in plain
                else f"of {len(plain)} characters is too long"
            )
            return f"{key.id} {odd}: it identifies nobody"
        try:
            normal = normalize(plain)
        except NotOneError as error:
            return f"{key.id} {short(value)} identifies nobody: {error}"
        if any(pattern.fullmatch(normal) for pattern in blocked):
            return f"{key.id} {short(value)} is blocked: it identifies nobody"
        return place, Identifier(key.id, normal)

    return read


def is_blocked(value: str) -> bool:
    """Whether a stripped value is what programs write when they have no id.

    >>> [value for value in ("0000", "NULL", "[object Object]", "-1", "ada", "10") if not is_blocked(value)]
    ['ada', '10']
    """
    return value.lower() in BLOCKED or _NOBODY.fullmatch(value) is not None


# ---------------------------------------------------------------- normalizers


def email(value: str) -> str:
    """An address in lower case.

    >>> email("Ada.L@Example.TEST")
    'ada.l@example.test'
    """
    address = value.strip().lower()
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        raise NotOneError("not an address like name@example.com")
    return address


def phone(value: str, country: str) -> str:
    """A number in E.164. Any that could be dialed: whether it is given out to somebody, nobody can keep up with.

    >>> phone("(202) 555-0143", "US"), phone("+49 30 901820", "")
    ('+12025550143', '+4930901820')
    """
    import phonenumbers  # slow to load, so only when a number comes by

    try:
        read = phonenumbers.parse(value, country or None)
    except phonenumbers.NumberParseException as error:
        hint = "" if country or value.startswith("+") else " (a number without country must start with +)"
        raise NotOneError(f"not a phone number{hint}") from error
    if read.extension or not phonenumbers.is_possible_number(read):
        raise NotOneError("a number of many (extension)" if read.extension else "not a possible phone number")
    return str(phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164))


_NORMALIZERS: dict[str, Callable[[Key], Callable[[str], str]]] = {
    "text": lambda _: lambda value: value,
    "lower": lambda _: lambda value: value.lower().strip(),
    "email": lambda _: email,
    "phone": lambda key: lambda value: phone(value, key.country),
}


# ---------------------------------------------------------------- of one event


def identify(said: Said, readers: dict[str, Reader], traits: tuple[str, ...], whose: Whose) -> tuple[Identifier, ...]:
    """What the item's ids and the traits named like a key identify, strongest first."""
    ids = said.identifiers
    if said.about or len(ids) != 2 or ids[0][1].__class__ not in _TEXTS or ids[1][1].__class__ not in _TEXTS:
        return _identify(said, readers, traits)
    key = ids[0], ids[1]
    known = whose.get(key)
    if known is None:
        before = len(said.warnings)
        known = _identify(said, readers, traits)
        if len(said.warnings) == before:
            if len(whose) >= REMEMBERED:
                whose.clear()
            whose[key] = known
    return known


def _identify(said: Said, readers: dict[str, Reader], traits: tuple[str, ...]) -> tuple[Identifier, ...]:
    found: list[tuple[int, Identifier]] = []
    for kind, value in said.identifiers:
        if value is not None and kind in readers:
            read = readers[kind](value) if value.__class__ is str else _of_other(kind, value, readers[kind])
            if isinstance(read, tuple):
                found.append(read)
            elif read:
                said.warnings.append(read)
    for about in said.about:
        for kind in traits:
            value = about.get(kind)
            if value is not None:
                read = readers[kind](value) if value.__class__ is str else _of_other(kind, value, readers[kind])
                if isinstance(read, tuple):
                    found.append(read)
                elif read:
                    said.warnings.append(read)
    if len(found) < 2:
        return (found[0][1],) if found else ()
    if len(found) == 2 and found[0][0] < found[1][0]:
        return found[0][1], found[1][1]
    found.sort()
    return tuple(dict.fromkeys([identifier for _, identifier in found]))


def _of_other(kind: str, value: object, reader: Reader) -> tuple[int, Identifier] | str:
    """A number is read as its digits; nothing else is an id."""
    plain = number(value)
    return reader(plain) if plain else f"{kind} ignored: {kind_of(value)}, a string was expected"


def pair(alias: tuple[object, object], reader: Reader | None) -> tuple[str, str] | str:
    """The two ids an alias names, or why they say nothing."""
    values: list[str] = []
    for value in alias:
        plain = (value if isinstance(value, str) else number(value)).strip()
        if not plain or "\x00" in plain or is_blocked(plain) or len(plain) > LONGEST:
            return f"alias of {short(value)}: not an id; give previousId and userId"
        if reader is not None and reader(plain).__class__ is str:
            return f"alias of {short(value)}: blocked, it identifies nobody"
        values.append(plain)
    if values[0] == values[1]:
        return f"alias of {short(values[0])} to itself; previousId and userId must differ"
    return values[0], values[1]
