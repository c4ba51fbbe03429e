"""What the hub keeps besides: timers, memberships, dead letters, access keys, documents."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from harken.words.ids import Micros


class Timer(Struct, frozen=True, kw_only=True):
    """Something to do for a profile at a time: `segment` re-judges it when a window may age out."""

    pid: str
    kind: str
    due: Micros
    data: bytes = b""


class Membership(Struct, frozen=True, kw_only=True):
    """A profile entered or left a segment."""

    pid: str
    segment: str
    entered: bool
    at: Micros
    seq: int = 0


class DeadLetter(Struct, frozen=True, kw_only=True):
    """One entry of the inbox for what could not be taken; the same thing sent again is counted in it."""

    id: int
    at: Micros  # when it came first
    source: str
    dialect: str
    reason: str
    detail: str
    where: str
    raw: bytes
    state: str = "open"  # open | replayed | discarded
    last: Micros = 0  # when it came last
    count: int = 1  # how often it came
    line: int = 0
    trusted: bool = False


class AccessKey(Struct, frozen=True, kw_only=True):
    """A write key (public: it only lets events in) or a secret key (reads, imports, configures). Hashed at rest."""

    id: str
    kind: Literal["write", "secret"]
    hashed: str  # sha256 hex of the key
    hint: str  # the last four characters, to tell keys apart
    source: str = ""  # write keys: the source it speaks for
    label: str = ""
    origins: tuple[str, ...] = ()  # allowed Origin headers; empty = any
    per_second: int = 0  # rate limit in events per second; 0 = none
    created: Micros = 0
    revoked: Micros = 0


class Document(Struct, frozen=True, kw_only=True):
    """One version of one piece of configuration, as text."""

    kind: str
    id: str
    version: int
    state: Literal["draft", "tested", "published", "retired"]
    body: bytes  # JSON of the typed document
    at: Micros
    by: str = ""
    reason: str = ""
