"""What is heard: raw batches, and the events or dropped things they become."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from msgspec import Struct

from harken.words.ids import Micros, digest

# Types of events that are no visit to a place, unless the catalogue has their touchpoint by name (`web: Sign-up`).
BOOKKEEPING = ("identify", "alias", "group", "consent", "decision", "response", "receipt")


class Identifier(NamedTuple):
    """One (kind, value) an event carries, normalized: `email:ada@example.test`, `anonymous_id:4f9c`."""

    kind: str
    value: str

    @property
    def id(self) -> str:
        """The id of this identifier; also the profile id while it is the profile's anchor, and an alias for ever."""
        return digest(self.kind, self.value)

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


class RawBatch(Struct, frozen=True, kw_only=True):
    """What came in at an edge: bytes (already unzipped), and what the edge knows about them."""

    source: str
    dialect: str  # the file of `listen/` that reads it
    body: bytes
    received: Micros
    hint: str = ""  # event type told by the path (`track`, `page`, …, `batch`), "" when the body tells
    trusted: bool = False  # came with a secret key or a proof: its identifiers count as verified
    context: dict[str, Any] = {}  # what only the edge sees (user agent, …); never overrides what the body says
    where: str = ""  # file or path, for the dead-letter inbox: `transactions.parquet`
    lines: tuple[int, int] | None = None  # first line and number of lines in `where`


class Rows(Struct, frozen=True, kw_only=True):
    """Rows of a table as native events, and beside them, column by column, what their raws say. All of them say the same
    kinds of things: an id, a time, whose it was, where; of flat properties; no traits."""

    batch: RawBatch  # of these rows, its body left out
    raws: list[bytes]
    ids: list[str]
    times: list[Any]
    kind: str  # what else all of them say: another text where they say something else
    timezone: str  # that they name, "" when they name none
    whose: list[str]  # equal where all identifiers are
    places: list[str]  # equal where everything else is that listening looks at
    told: dict[str, list[Any]] = {}  # properties that are asked for; None where there is none


class Event(Struct, frozen=True, gc=False):
    """An immutable fact: who, what, when, where. `raw` is what was sent; the rest follows from it and the envelope."""

    id: str  # digest(source, message id): the same event heard twice has the same id
    message_id: str
    source: str
    dialect: str
    type: str  # track page screen identify group alias, or a word of Harken's own (consent, decision, response, …)
    name: str  # "Plan Viewed"; for page and screen the page's name or its path pattern
    occurred: Micros
    received: Micros
    identifiers: tuple[Identifier, ...]  # strongest key first, normalized, blocked values removed
    channel: str
    touchpoint: str  # of the catalogue, or the default label of an unmapped place; "" = at none, see BOOKKEEPING
    properties: dict[str, Any] = {}
    traits: dict[str, Any] = {}
    topics: dict[str, int] = {}  # topic path -> weight in thousandths
    consent: dict[str, bool] = {}  # purpose -> yes or no, only what this event says
    context: dict[str, Any] = {}
    alias: tuple[str, str] | None = None  # two ids of unknown kind said to be one customer's; direction means nothing
    verified: bool = False
    raw: bytes = b""
    warnings: tuple[str, ...] = ()  # what was odd and how it was read: "sentAt ignored: 41 days off"
    seq: int = 0  # place in the hub's log, given by the store
    tid: str = ""  # the trail it was filed under, given by recognize


DropReason = Literal[
    "not_json", "not_an_object", "too_large", "too_deep", "no_identifier", "no_type", "bad_time", "bad_field",
    "unknown_decision", "suppressed", "bad_row",
]  # fmt: skip


class Dropped(Struct, frozen=True, kw_only=True):
    """What could not be taken, why, and where it stood; it goes to the dead-letter inbox."""

    reason: DropReason
    detail: str  # says what was wrong, where, and what would be right
    source: str
    dialect: str
    received: Micros
    raw: bytes
    index: int = 0  # place in its batch
    where: str = ""  # "transactions.parquet:184" for imports
    line: int = 0  # rows of files: their line, which `where` ends with
    trusted: bool = False  # came with a secret key or a proof


class Answer(Struct, frozen=True, kw_only=True):
    """What became of one RawBatch, told after it is durable."""

    accepted: int
    duplicates: int = 0
    dropped: tuple[Dropped, ...] = ()
