"""What a dialect gives the common steps: one item in one shape (`Said`), or why there is none (`Refused`)."""

from __future__ import annotations

from typing import Any, Protocol

from msgspec import Raw, Struct, ValidationError, convert, field, json

from harken.words import DropReason, RawBatch

NOTHING: dict[str, Any] = {}  # read only: stands for "no properties", "no context", …


class Refused(Struct, frozen=True):
    """Why something cannot be taken: what was wrong, where, and what would be right."""

    reason: DropReason
    detail: str


class Defaults(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What the batch and the edge say for all items; an item's own word comes first.

    When an item needs any of it, the whole of it is written into the item's raw under `_heard`, so that the item can
    be read again alone.
    """

    context: dict[str, Any] = {}
    integrations: Any = None
    timestamp: Any = None
    sent_at: Any = None
    settled: bool = False  # the times are history, not a clock of now: never corrected by sentAt


NO_DEFAULTS = Defaults()


class Said(Struct, kw_only=True, gc=False):
    """What one item says, in one shape for every dialect. Nothing is normalized or judged yet."""

    type: str
    name: str = ""  # "" = the place names it (a page by its path)
    message_id: str = ""  # "" = the client gave none
    time: object = None  # when it happened, as sent; None = not told
    sent: object = None  # when it was sent, by the same clock
    timed: bool = False  # the item has a time of its own (not the batch's): an equal body is the same event
    settled: bool = False
    timezone: str = ""
    identifiers: list[tuple[str, object]] = field(default_factory=list)  # (kind, value) as sent
    about: tuple[dict[str, Any], ...] = ()  # where a trait named like a key identifies: `email`, `loyalty`
    alias: tuple[object, object] | None = None
    properties: dict[str, Any] = NOTHING
    traits: dict[str, Any] = NOTHING
    context: dict[str, Any] = NOTHING
    topics: dict[str, int] = field(default_factory=dict)
    consent: dict[str, bool] = field(default_factory=dict)
    channel: str = ""  # the item's own word, before the source's
    touchpoint: str = ""  # named by the item itself
    warnings: list[str] = field(default_factory=list)
    lent: bool = False  # `sent` is the batch's
    mended: bytes = b""  # the raw, where it had to be mended to be JSON
    leans: bool = False  # on the defaults: its raw must carry them to be read again


class Opened(Struct, kw_only=True):
    """A body parted into items that are not read yet."""

    items: list[bytes] | list[Raw]
    dialect: str  # the one that reads the items; most read what they opened
    hint: str = ""  # the type of every item, told by the path
    defaults: Defaults = NO_DEFAULTS


class Dialect(Protocol):
    """What a file in `dialects/` offers. A new dialect is one such file."""

    def open(self, batch: RawBatch) -> Opened | Refused:
        """Part the body into items."""

    def read(self, raw: bytes, hint: str, defaults: Defaults | None) -> Said | Refused:
        """Read one item. `hint` is its type when that is known already; no defaults: they are in the raw itself."""


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


def of_heard(heard: object) -> Defaults:
    """The defaults a raw item carries; none when it carries none."""
    if heard is None:
        return NO_DEFAULTS
    try:
        return convert(heard, Defaults)
    except ValidationError:
        return NO_DEFAULTS


def lean(said: Said, defaults: Defaults) -> None:
    """Give the item the context it does not say itself.

    A browser's objection to selling and sharing (`gpc`) counts whoever tells of it.
    """
    own, given = said.context, defaults.context
    objects = given.get("gpc") is True and own.get("gpc") is not True
    if objects or not own.keys() >= given.keys():
        said.context = {**given, **own, "gpc": True} if objects else {**given, **own}
        said.leans = True
