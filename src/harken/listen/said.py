"""What a dialect gives the common steps: one item in one shape (`Said`), or why there is none (`Refused`)."""

from __future__ import annotations

from typing import Any, Protocol

from msgspec import Raw, Struct, ValidationError, convert, json
from msgspec.structs import replace

from harken.words import DropReason, RawBatch

NOTHING: dict[str, Any] = {}  # shared and never written to: "no properties", "no context", …


class Refused(Struct, frozen=True):
    """Why something cannot be taken: what was wrong, where, and what would be right."""

    reason: DropReason
    detail: str


class Defaults(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What path, batch and edge say for all items. But for the type, an item's own word comes first.

    When an item needs any of it, it is written into the item's raw under `_heard`, so that the item can be read again
    alone: out of the log, or out of the dead-letter inbox.
    """

    type: str = ""
    context: dict[str, Any] = {}
    integrations: Any = None
    timestamp: Any = None
    sent_at: Any = None
    settled: bool = False  # the times are history, not a clock of now: never corrected by sentAt
    message_id: str = ""  # only of a dead letter: the id its item would have had, since it has none of its own


NO_DEFAULTS = Defaults()


class Said(Struct, kw_only=True, gc=False):
    """What one item says, in one shape for every dialect. Nothing is normalized or judged yet."""

    type: str
    identifiers: list[tuple[str, Any]]  # (kind, value) as sent
    warnings: list[str]
    name: str = ""  # "" = the place names it (a page by its path)
    message_id: str = ""  # "" = the client gave none
    time: object = None  # when it happened, as sent; None = not told
    sent: object = None  # when it was sent, by the same clock
    timed: bool = False  # the item has a time of its own (not the batch's): an equal body is the same event
    settled: bool = False
    timezone: str = ""
    about: tuple[dict[str, Any], ...] = ()  # where a trait named like a key identifies: `email`, `loyalty`
    alias: tuple[object, object] | None = None
    properties: dict[str, Any] = NOTHING
    traits: dict[str, Any] = NOTHING
    context: dict[str, Any] = NOTHING
    topics: dict[str, int] = NOTHING
    consent: dict[str, bool] = NOTHING
    channel: str = ""  # the item's own word, before the source's
    touchpoint: str = ""  # named by the item itself
    mended: bytes = b""  # the raw, where it had to be mended to be JSON
    carried: Defaults | None = None  # what its own raw carried, over the batch's
    lent: bool = False  # `sent` is the batch's
    leans: bool = False  # on the defaults: its raw must carry them to be read again


class Opened(Struct, kw_only=True):
    """A body parted into items that are not read yet."""

    items: list[bytes] | list[Raw]
    dialect: str  # the one that reads the items; most read what they opened
    defaults: Defaults = NO_DEFAULTS


class Dialect(Protocol):
    """What a file in `dialects/` offers. A new dialect is one such file."""

    def open(self, batch: RawBatch) -> Opened | Refused:
        """Part the body into items."""

    def read(self, raw: bytes, defaults: Defaults) -> Said | Refused:
        """Read one item. What its `_heard` says holds like the defaults."""


def lent(defaults: Defaults) -> bytes:
    """What an item that leans on the defaults carries of them."""
    return b'"_heard":' + json.encode(defaults) + b"}"


def with_lent(raw: bytes, lent: bytes) -> bytes:
    """The raw item with what the batch and the edge said for it, behind its own fields: the last word counts.

    >>> with_lent(b'{"type":"page"}', lent(Defaults(context={"gpc": True})))
    b'{"type":"page","_heard":{"context":{"gpc":true}}}'
    """
    head = raw[:-1].rstrip()
    return head + (b"" if head.endswith(b"{") else b",") + lent


def carried(heard: object, defaults: Defaults) -> Defaults:
    """The defaults a raw item carries itself, then those of its batch."""
    try:
        own = convert(heard, Defaults)
    except ValidationError:
        return defaults
    if defaults is NO_DEFAULTS:
        return own
    return replace(
        defaults,
        type=defaults.type or own.type,
        context=over(own.context, defaults.context),
        integrations=defaults.integrations if own.integrations is None else own.integrations,
        timestamp=own.timestamp or defaults.timestamp,
        sent_at=own.sent_at or defaults.sent_at,
        settled=own.settled or defaults.settled,
        message_id=own.message_id,
    )


def over(own: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """One context over another. A browser's objection to selling and sharing (`gpc`) counts whoever tells of it.

    >>> over({"ip": "1.1.1.1", "gpc": False}, {"ip": "2.2.2.2", "gpc": True})
    {'ip': '1.1.1.1', 'gpc': True}
    """
    objects = given.get("gpc") is True and own.get("gpc") is not True
    if not objects and own.keys() >= given.keys():
        return own
    return {**given, **own, "gpc": True} if objects else {**given, **own}
