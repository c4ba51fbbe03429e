"""The nouns of Harken: what every stage takes and gives. Values only, no behavior, nothing of Harken imported.

Times are integers: microseconds since 1970-01-01 UTC (`Micros`). Ids that Harken makes are 16 characters, URL-safe,
and follow from what they name (`digest`), so two nodes that meet the same customer at once make the same ids.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import blake2b
from typing import Any, Literal, NamedTuple, TypeAlias

from msgspec import Struct

Micros: TypeAlias = int
SECOND: Micros = 1_000_000
DAY: Micros = 86_400 * SECOND


def digest(*parts: str) -> str:
    """A 96-bit id (16 URL-safe characters) that follows from the parts; no two sets of parts share one in practice.

    >>> digest("user_id", "ada") == digest("user_id", "ada")
    True
    >>> len(digest("email", "ada@example.test"))
    16
    """
    return urlsafe_b64encode(blake2b("\x1f".join(parts).encode(), digest_size=12).digest()).decode()


# Types of events that are no visit to a place, unless the catalogue has their touchpoint by name (`web: Sign-up`).
BOOKKEEPING = ("identify", "alias", "group", "consent", "decision", "response", "receipt")


# ---------------------------------------------------------------- what is heard


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


# ---------------------------------------------------------------- who it is


class Known(Struct, kw_only=True, gc=False):
    """What the hub knows about one identifier: its profile, and for a device who signed in on it and when."""

    id: str
    kind: str
    value: str
    pid: str  # the profile it belongs to now
    first: Micros  # earliest event that carried it
    learned: Micros  # when the hub first heard it
    established: bool = True  # False: only ever named by an alias
    quarantined: bool = False  # touches too many customers: shown, but nobody is recognized by it
    degree: int = 0  # different identifiers seen beside it that count against its key's quarantine
    claims: list[tuple[Micros, Micros, str]] = []  # devices: (from, until, account id), whose it is; until 0 = still


class Evidence(Struct, frozen=True, kw_only=True, gc=False):
    """Two identifiers (by id, a < b) were said to be one customer's: by which event, when, and how.

    `how`: `event` (seen together), `alias`, `operator` (merged by hand, beats every limit), `cut` (parted by hand).
    """

    a: str
    b: str
    how: str
    occurred: Micros  # earliest event time of this evidence
    learned: Micros  # when the hub heard it: identity as of a date uses this
    event_id: str
    source: str
    verified: bool = False
    by: str = ""  # operator evidence: who did it, and why
    reason: str = ""


class Trail(Struct, kw_only=True, gc=False):
    """What one customer left on one system or device. `state` is opaque to everyone but `remember`."""

    tid: str
    source: str
    device: str = ""  # identifier id, "" when the events carry no device
    account: str = ""  # identifier id of the strongest exclusive key, "" while anonymous
    owner: str = ""  # identifier id whose profile this trail belongs to
    pid: str = ""
    first: Micros = 0
    last: Micros = 0
    events: int = 0
    state: bytes = b""
    row: int = 0  # the store's own number for it, 0 before it is stored


class Profile(Struct, kw_only=True):
    """One customer as stored: which segments since when. What it remembers is the join of its trails."""

    pid: str
    anchor: str  # identifier id it takes its id from
    created: Micros = 0
    segments: dict[str, Micros] = {}
    judged: int = 0  # configuration version the segments were judged with


# ---------------------------------------------------------------- what the hub keeps besides


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


# ---------------------------------------------------------------- configuration (typed documents)


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes one source may send, within what the hub takes at all (the setting `max_body_mb`)."""

    event_bytes: int = 32 * 1024
    batch_bytes: int = 500 * 1024  # of one request as sent; some clients (RudderStack) may want 4 MB
    unzipped_bytes: int = 4 * 1024 * 1024  # of one request after unzipping
    batch_events: int = 5_000
    depth: int = 32


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One system that sends events."""

    id: str  # as write keys, imports and `?source=` name it
    name: str = ""  # for people
    channel: str = "web"  # of its events that say none and fit no touchpoint
    timezone: str = "UTC"  # how a time without zone is read
    limits: Limits = Limits()  # what it may send
    resolution: Literal["s", "ms", "us", "day"] = "ms"  # how exactly its times are known


class Key(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of identifier that recognizes a customer. Lower priority number = stronger."""

    id: str  # the kind: user_id, email, …
    priority: int  # 10 is stronger than 20
    limit: int = 0  # how many values one profile may have; 0 = any number; 1 = exclusive: two never merge
    device: bool = False  # names a device or browser, which several customers may share
    normalizer: Literal["text", "lower", "email", "phone"] = "text"  # how values are written alike: phone = E.164
    blocked: tuple[str, ...] = ()  # regular expressions (full match, any case) beside the built-in ones
    quarantine: int = 50  # how many different stronger identifiers may be seen beside one value
    needs_proof: bool = False  # unverified values are kept on the event but recognize nobody
    country: str = ""  # phone: region of numbers without a country code, ISO 3166 (e.g. "US")


class Match(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events a touchpoint stands for; every given field must fit. `*` in names and paths fits anything."""

    source: str = ""  # id of a source
    type: str = ""  # track, page, screen, …
    name: str = ""  # of the event: `Plan *`
    path: str = ""  # URL path pattern: `/plans/*`
    properties: dict[str, Any] = {}  # name: the value it must have


class Touchpoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named place where a customer meets the company."""

    id: str  # `web: Plan page`
    channel: str = ""  # "" = the source's
    stage: str = ""  # id of a stage
    group: str = ""  # a name for several touchpoints on a coarser map
    match: tuple[Match, ...] = ()  # one of them must fit
    rank: int = 2  # order among events of the same instant (session starts 0 and 1, closing markers 3)


class Stage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the lifecycle."""

    id: str  # as touchpoints name it
    name: str = ""  # for people
    order: int = 0  # the first has the smallest
    days: int = 0  # time-frame; 0 = none


class Segment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named rule over profiles; membership is computed."""

    id: str  # as rules and questions name it
    name: str = ""  # for people
    rule: dict[str, Any] = {}  # see reference/rules.md


class Goal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule over events that counts as success, for the customer or the company."""

    id: str
    name: str = ""  # for people
    match: tuple[Match, ...] = ()  # one of them must fit
    for_whom: Literal["customer", "company", "both"] = "both"  # whose success it is


class Interests(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where topics come from and how fast interest fades. One document, id `interests`."""

    id: str = "interests"
    property: str = "topic"  # event property that holds a topic path (`phones/android`) or a list of them
    half_life_days: float = 30.0  # after this, an interest weighs half
    weights: dict[str, float] = {}  # event name -> weight of one event; others count 1


class Config(Struct, frozen=True, kw_only=True):
    """The published configuration a batch is heard with. `version` grows with every publication."""

    version: int = 0
    sources: dict[str, Source] = {}
    keys: tuple[Key, ...] = ()  # strongest first
    touchpoints: tuple[Touchpoint, ...] = ()  # the first that fits an event names its place
    stages: tuple[Stage, ...] = ()  # in order
    segments: dict[str, Segment] = {}
    goals: dict[str, Goal] = {}
    interests: Interests = Interests()


DEFAULT_KEYS: tuple[Key, ...] = (
    Key(id="user_id", priority=10, limit=1, quarantine=200),
    Key(id="crm", priority=20, limit=1, quarantine=200),
    Key(id="loyalty", priority=30, limit=1, quarantine=200),
    Key(id="email", priority=40, limit=5, normalizer="email", quarantine=20),
    Key(id="phone", priority=50, limit=5, normalizer="phone", quarantine=20),
    Key(id="device_id", priority=80, device=True, quarantine=20),
    Key(id="anonymous_id", priority=90, device=True, quarantine=20),
)

DEFAULT_STAGES: tuple[Stage, ...] = (
    Stage(id="discover", name="Discover", order=1),
    Stage(id="consider", name="Consider", order=2),
    Stage(id="buy", name="Buy", order=3),
    Stage(id="use", name="Use", order=4),
    Stage(id="get_help", name="Get help", order=5),
    Stage(id="leave", name="Leave", order=6),
)
