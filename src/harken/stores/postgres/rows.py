"""Between Harken's nouns and what travels to PostgreSQL: values in, array parameters out; rows in, nouns out.

PostgreSQL has no character NUL and no lone surrogates. Texts that may hold them are escaped with U+0001 in a way that
keeps their order: NUL is written U+0001 U+0001, U+0001 itself U+0001 U+0002.

Whole columns are sent as one array parameter. They are packed here, since packing element by element in the driver
takes forty times as long.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from psycopg.adapt import AdaptersMap, Dumper
from psycopg.pq import Format

from harken.words import DeadLetter, Document, Dropped, Event, Evidence, Known, Membership, Profile, Timer, Trail

Row: TypeAlias = tuple[Any, ...]

LAST = "\U0010ffff" * 65  # after every text of up to 64 characters
LARGEST = 2**63 - 1
ODD = re.compile("[\0\1\ud800-\udfff]")
ESCAPED = re.compile("\1(?:([\1\2])|\3(....))", re.DOTALL)

claims_of = msgspec.msgpack.Decoder(list[tuple[int, int, str]]).decode
segments_of = msgspec.json.Decoder(dict[str, int]).decode


# ---------------------------------------------------------------- texts


def plain(text: str) -> str:
    """A text as PostgreSQL can hold it.

    >>> plain("as it is"), plain("a\\0b")
    ('as it is', 'a\\x01\\x01b')
    """
    return text if text.isprintable() else ODD.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    one = match[0]
    if one < "\2":
        return "\1" + chr(ord(one) + 1)
    return f"\1\3{ord(one):04x}"


def given(text: str) -> str:
    """The text that `plain` was given.

    >>> given(plain("a\\0b\\1c\\ud800")) == "a\\0b\\1c\\ud800"
    True
    """
    return ESCAPED.sub(_unescape, text) if "\1" in text else text


def _unescape(match: re.Match[str]) -> str:
    return chr(ord(match[1]) - 1) if match[1] else chr(int(match[2], 16))


def following(prefix: str) -> str:
    """The first text after all those (of up to 64 characters) that start with the prefix.

    >>> following("ab"), following("a\\U0010ffff") , following("") == LAST
    ('ac', 'b', True)
    """
    stem = prefix[:64].rstrip("\U0010ffff")
    if not stem:
        return LAST
    code = ord(stem[-1]) + 1
    return stem[:-1] + chr(0xE000 if code == 0xD800 else code)


# ---------------------------------------------------------------- arrays as parameters


class Spelled:
    """An array written as text, `{1,2}`; `oid` says of what type."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Texts(Spelled):
    __slots__ = ()


class Numbers(Spelled):
    __slots__ = ()


class Flags(Spelled):
    __slots__ = ()


class PackedTexts(list[str]):
    """An array of any texts, sent as PostgreSQL's binary form."""


class PackedBytes(list[bytes]):
    """An array of byte strings, likewise."""


Array: TypeAlias = Spelled | PackedTexts | PackedBytes


def texts(values: Sequence[str]) -> Texts | PackedTexts:
    """An array of texts: spelled when they are as plain as ids are, which costs next to nothing, else packed."""
    joined = ",".join(values)
    bare = joined.replace(",", "").replace("-", "").replace("_", "")
    easy = bare.isalnum() and joined.isascii() and len(values) == joined.count(",") + 1
    if not values or (easy and all(values) and "null" not in joined.lower()):
        return Texts("{" + joined + "}")
    return PackedTexts(values)


def numbers(values: Iterable[int]) -> Numbers:
    return Numbers("{" + ",".join(map(str, values)) + "}")


def flags(values: Iterable[bool]) -> Flags:
    return Flags("{" + ",".join("t" if one else "f" for one in values) + "}")


def packed(element: int, parts: Sequence[bytes]) -> bytes:
    """The binary form of an array of one dimension."""
    if not parts:
        return struct.pack(">iii", 0, 0, element)
    length = struct.Struct(">i").pack
    out = [struct.pack(">iiiii", 1, 0, element, len(parts), 1)]
    for part in parts:
        out.append(length(len(part)))
        out.append(part)
    return b"".join(out)


class SpelledDumper(Dumper):
    format = Format.TEXT

    def dump(self, obj: Spelled) -> bytes:
        return obj.text.encode()


class TextsDumper(SpelledDumper):
    oid = 1009


class NumbersDumper(SpelledDumper):
    oid = 1016


class FlagsDumper(SpelledDumper):
    oid = 1000


class PackedTextsDumper(Dumper):
    format = Format.BINARY
    oid = 1009

    def dump(self, obj: PackedTexts) -> bytes:
        return packed(25, [plain(one).encode() for one in obj])


class PackedBytesDumper(Dumper):
    format = Format.BINARY
    oid = 1001

    def dump(self, obj: PackedBytes) -> bytes:
        return packed(17, obj)


def teach(adapters: AdaptersMap) -> None:
    """Let a connection take these arrays."""
    for kind, dumper in (
        (Texts, TextsDumper),
        (Numbers, NumbersDumper),
        (Flags, FlagsDumper),
        (PackedTexts, PackedTextsDumper),
        (PackedBytes, PackedBytesDumper),
    ):
        adapters.register_dumper(kind, dumper)


# ---------------------------------------------------------------- nouns to columns


def trail_columns(trails: Sequence[Trail]) -> list[Array]:
    return [
        texts([one.tid for one in trails]),
        texts([one.source for one in trails]),
        texts([one.device for one in trails]),
        texts([one.account for one in trails]),
        texts([one.owner for one in trails]),
        texts([one.pid for one in trails]),
        numbers([one.first for one in trails]),
        numbers([one.last for one in trails]),
        numbers([one.events for one in trails]),
        PackedBytes([one.state for one in trails]),
    ]


def known_columns(known: Sequence[Known]) -> list[Array]:
    encode = msgspec.msgpack.encode
    return [
        texts([one.id for one in known]),
        texts([one.kind for one in known]),
        texts([one.value for one in known]),
        texts([one.pid for one in known]),
        numbers([one.first for one in known]),
        numbers([one.learned for one in known]),
        flags([one.established for one in known]),
        flags([one.quarantined for one in known]),
        numbers([one.degree for one in known]),
        PackedBytes([encode(one.claims) if one.claims else b"" for one in known]),
    ]


def evidence_columns(evidence: Sequence[Evidence]) -> list[Array]:
    return [
        texts([one.a for one in evidence]),
        texts([one.b for one in evidence]),
        texts([one.how for one in evidence]),
        numbers([one.occurred for one in evidence]),
        numbers([one.learned for one in evidence]),
        texts([one.event_id for one in evidence]),
        texts([one.source for one in evidence]),
        flags([one.verified for one in evidence]),
        texts([one.by for one in evidence]),
        texts([one.reason for one in evidence]),
    ]


EVENT_TYPES = [*["text"] * 6, "int8", "int8", "text", "text", "text", "bool", "bytea", "int8"]


def event_rows(events: Iterable[Event]) -> list[list[object]]:
    """What is copied, `seq` at the end. What many have in common is made ready once."""
    ready: dict[tuple[str, ...], list[str]] = {}
    rows: list[list[object]] = []
    for one in events:
        few = one.source, one.dialect, one.type, one.name, one.channel, one.touchpoint
        told = ready.get(few)
        if told is None:
            told = ready[few] = [plain(text) for text in few]
        source, dialect, type, name, channel, touchpoint = told
        rows.append([
            one.id, plain(one.message_id), source, dialect, type, name, one.occurred, one.received, channel, touchpoint,
            one.tid, one.verified, one.raw, one.seq,
        ])  # fmt: skip
    return rows


# ---------------------------------------------------------------- rows to nouns


def trail_from(row: Row) -> Trail:
    tid, source, device, account, owner, pid, first, last, events, state, number = row
    return Trail(
        tid=tid, source=given(source), device=device, account=account, owner=owner, pid=pid, first=first, last=last,
        events=events, state=state, row=number,
    )  # fmt: skip


def known_from(row: Row) -> Known:
    id, kind, value, pid, first, learned, established, quarantined, degree, claims = row
    return Known(
        id=id, kind=given(kind), value=given(value), pid=pid, first=first, learned=learned, established=established,
        quarantined=quarantined, degree=degree, claims=claims_of(claims) if claims else [],
    )  # fmt: skip


def evidence_from(row: Row) -> Evidence:
    a, b, how, occurred, learned, event_id, source, verified, who, reason = row
    return Evidence(
        a=a, b=b, how=given(how), occurred=occurred, learned=learned, event_id=event_id, source=given(source),
        verified=verified, by=given(who), reason=given(reason),
    )  # fmt: skip


def event_from(row: Row) -> Event:
    id, message, source, dialect, type, name, occurred, received, channel, touchpoint, tid, verified, raw, seq = row
    return Event(
        id=id, message_id=given(message), source=given(source), dialect=given(dialect), type=given(type),
        name=given(name), occurred=occurred, received=received, identifiers=(), channel=given(channel),
        touchpoint=given(touchpoint), tid=tid, verified=verified, raw=raw, seq=seq,
    )  # fmt: skip


def profile_from(row: Row) -> Profile:
    pid, anchor, created, segments, judged = row
    return Profile(pid=pid, anchor=anchor, created=created, segments=segments_of(segments), judged=judged)


def membership_from(row: Row) -> Membership:
    pid, segment, entered, at, seq = row
    return Membership(pid=pid, segment=given(segment), entered=entered, at=at, seq=seq)


def timer_from(row: Row) -> Timer:
    pid, kind, due, data = row
    return Timer(pid=pid, kind=given(kind), due=due, data=data)


def dead_letter_from(row: Row) -> DeadLetter:
    id, at, source, dialect, reason, detail, place, raw, state, last, count, line, trusted = row
    return DeadLetter(
        id=id, at=at, source=given(source), dialect=given(dialect), reason=reason, detail=given(detail),
        where=given(place), raw=raw, state=state, last=last, count=count, line=line, trusted=trusted,
    )  # fmt: skip


def letter_tallies(letters: Mapping[str, Sequence[Dropped]]) -> list[Array]:
    """Of each letter, by its key: how often, when first and when last it came."""
    return [
        texts(list(letters)),
        numbers(len(those) for those in letters.values()),
        numbers(min(one.received for one in those) for those in letters.values()),
        numbers(max(one.received for one in those) for those in letters.values()),
    ]


def letter_columns(letters: Mapping[str, Sequence[Dropped]]) -> list[Array]:
    firsts = [those[0] for those in letters.values()]
    return [
        *letter_tallies(letters),
        texts([one.source for one in firsts]),
        texts([one.dialect for one in firsts]),
        texts([one.reason for one in firsts]),
        texts([one.detail for one in firsts]),
        texts([one.where or f"#{one.index}" for one in firsts]),
        PackedBytes([one.raw for one in firsts]),
        numbers(len(one.raw) for one in firsts),
        numbers(one.line for one in firsts),
        flags(one.trusted for one in firsts),
    ]


def document_from(row: Row) -> Document:
    kind, id, version, state, body, at, who, reason = row
    return Document(
        kind=given(kind), id=given(id), version=version, state=state, body=body, at=at, by=given(who), reason=given(reason)
    )  # fmt: skip
