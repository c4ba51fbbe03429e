"""What the read API answers, as types: the contract of `/api`. Filled by `moments.told` from what the hub gives."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from msgspec import Struct

from harken.api.moments import Instant

T = TypeVar("T")


class Page(Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list; `next_cursor` goes on with the next one, null at the end."""

    data: list[T]
    next_cursor: str | None = None


# ---------------------------------------------------------------- one customer


class Identifier(Struct, frozen=True, kw_only=True):
    """One (kind, value) a customer is known by."""

    kind: str
    value: str


class Change(Struct, frozen=True, kw_only=True):
    """A trait became this."""

    since: Instant
    value: Any


class TraitPast(Struct, frozen=True, kw_only=True):
    """Since when a trait has its value, when it was last heard, and what it was before, newest first."""

    since: Instant
    last_heard: Instant
    history: list[Change]


class Tally(Struct, frozen=True, kw_only=True):
    """How often something happened."""

    count: int
    first: Instant
    last: Instant


class TouchpointTally(Struct, frozen=True, kw_only=True):
    """How often a customer met a touchpoint, and where that belongs."""

    count: int
    first: Instant
    last: Instant
    channel: str
    stage: str
    group: str


class ChannelTally(Struct, frozen=True, kw_only=True):
    """What a customer did on a channel."""

    events: int
    visits: int
    first: Instant
    last: Instant


class Stages(Struct, frozen=True, kw_only=True):
    """The stage a customer is in, began in, and came to; "" while none was met."""

    current: str
    earliest: str
    furthest: str


class ConsentSaid(Struct, frozen=True, kw_only=True):
    """What made consent to a purpose so: when and where it was said, and of which purpose (`*` speaks of all)."""

    yes: bool
    at: Instant
    place: str
    by: str


class Device(Struct, frozen=True, kw_only=True):
    """One device or browser of a customer."""

    id: str
    agent: str
    os: str
    app: str
    locale: str
    last: Instant


class Decision(Struct, frozen=True, kw_only=True):
    """One of the last decisions made for a customer."""

    at: Instant
    event: str
    action: str


class Trail(Struct, frozen=True, kw_only=True):
    """What a customer left on one system or device; `device` and `account` are identifiers."""

    tid: str
    source: str
    device: str
    account: str
    first: Instant
    last: Instant
    events: int


class ProfileBrief(Struct, frozen=True, kw_only=True):
    """One customer: who it is, and everything that is remembered of it, as of now."""

    id: str
    identifiers: list[Identifier]
    keys: dict[str, list[str]]
    events: int
    visits: int
    first_seen: Instant | None
    last_seen: Instant | None
    traits: dict[str, Any]
    traits_past: dict[str, TraitPast]
    stage: Stages
    segments: dict[str, Instant]
    interests: dict[str, float]
    consent: dict[str, bool]
    consent_said: dict[str, ConsentSaid]
    channels: dict[str, ChannelTally]
    touchpoints: dict[str, TouchpointTally]
    event_names: dict[str, Tally]
    money: dict[str, float]
    devices: list[Device]
    decisions: list[Decision]


class NextStep(Struct, frozen=True, kw_only=True):
    """What a customer may do next; `touchpoint` "(other)" is any that is not told apart."""

    touchpoint: str
    chance: float


class Model(Struct, frozen=True, kw_only=True):
    """What chances come from: of how many steps it was learned, when; goals are foretold `within_seconds`."""

    version: str
    made: Instant
    steps: int
    within_seconds: float
    goals: list[str]


class Learning(Struct, frozen=True, kw_only=True):
    """What has been learned of what comes next."""

    model: Model | None


class Foreseen(Struct, frozen=True, kw_only=True):
    """One customer's chances. `next` and `leaves` are those right after the last step (`after`: the last steps, the latest
    last, made `at`). `goals`: of reaching each within the model's time from now on, null when nobody can know; they hold until
    the next step, and no longer than `until`."""

    pid: str
    as_of: Instant
    after: list[str]
    at: Instant | None
    until: Instant | None
    next: list[NextStep]
    leaves: float | None
    goals: dict[str, float | None]
    model: Model | None


class ProfilePage(Struct, frozen=True, kw_only=True):
    """One page of customers; `total` counts those of all pages, null when there are too many hits to count."""

    data: list[ProfileBrief]
    next_cursor: str | None = None
    total: int | None = None


class Profile(ProfileBrief, frozen=True, kw_only=True):
    """One customer with the trails it is the join of."""

    trails: list[Trail]


class Happening(Struct, frozen=True, kw_only=True):
    """One event of a timeline. `verified` came with a secret key; `emotion` is how the customer said they felt, null when
    they did not say; `raw` is what was sent."""

    seq: int
    id: str
    type: str
    name: str
    touchpoint: str
    channel: str
    stage: str
    source: str
    occurred: Instant
    received: Instant
    tid: str
    identifiers: list[Identifier]
    verified: bool
    properties: dict[str, Any]
    traits: dict[str, Any]
    emotion: float | None
    warnings: list[str]
    raw: Any


class KnownAs(Struct, frozen=True, kw_only=True):
    """An identifier with what the hub knows of it."""

    id: str
    kind: str
    value: str
    pid: str
    first: Instant
    learned: Instant
    established: bool
    quarantined: bool
    degree: int


class Link(Struct, frozen=True, kw_only=True):
    """One piece of evidence that two identifiers are one customer's, what became of it, and why."""

    a: str
    b: str
    a_id: str
    b_id: str
    how: str
    state: str
    why: str
    order: int
    occurred: Instant
    learned: Instant
    event_id: str
    source: str
    verified: bool
    by: str
    reason: str


class Identity(Struct, frozen=True, kw_only=True):
    """Who a customer is, and why the hub thinks so."""

    id: str
    anchor: str
    as_of: Instant | None
    identifiers: list[KnownAs]
    trails: list[Trail]
    links: list[Link]
    merges: list[Link]


class Said(Struct, frozen=True, kw_only=True):
    """The name of a decision by hand: two identifiers, by id, and `how`."""

    a: str
    b: str
    how: str


class Merged(Struct, frozen=True, kw_only=True):
    """What merging or parting did, or would do; `said` are decisions that hold from then on, `unsaid` those no more."""

    preview: bool
    before: list[str]
    after: list[str]
    moved: dict[str, str]
    said: list[Said]
    unsaid: list[Said]


class Receipt(Struct, frozen=True, kw_only=True):
    """Proof of an erasure: each place, and how much was removed there."""

    id: str
    at: Instant
    by: str
    reason: str
    places: dict[str, int]


class Export(Struct, frozen=True, kw_only=True):
    """All a hub holds about one customer."""

    profile: Profile
    identity: Identity
    events: list[Happening]


# ---------------------------------------------------------------- many customers, and the hub itself


class TouchpointUse(Struct, frozen=True, kw_only=True):
    """A place customers were seen at; `mapped` is false while it waits to be named."""

    touchpoint: str
    channel: str
    stage: str
    group: str
    mapped: bool
    events: int
    customers: int
    first: Instant | None
    last: Instant | None


class SegmentUse(Struct, frozen=True, kw_only=True):
    """A segment in force; `customers` is counted when asked for."""

    id: str
    name: str
    rule: dict[str, Any]
    customers: int | None


class DeadLetter(Struct, frozen=True, kw_only=True):
    """What could not be taken, and why. The same thing sent again is counted in it: `at` is the first time, `last` the
    last. `line` is that of a row of a file, else 0; `trusted` came with a secret key."""

    id: int
    at: Instant
    last: Instant
    count: int
    source: str
    dialect: str
    reason: str
    detail: str
    where: str
    line: int
    trusted: bool
    raw: str
    state: str


class Letters(Struct, frozen=True, kw_only=True):
    """One page of the inbox; `not_kept` says how many more could not be taken and found no room in it either."""

    data: list[DeadLetter]
    next_cursor: str | None = None
    not_kept: int


class LetterCount(Struct, frozen=True, kw_only=True):
    """The letters of one source for one reason; `times`: how often what is in them came."""

    source: str
    reason: str
    letters: int
    times: int


class Replayed(Struct, frozen=True, kw_only=True):
    """What became of a replay; `still` are not acceptable and stay open."""

    accepted: int
    duplicates: int
    still: int


class Version(Struct, frozen=True, kw_only=True):
    """One version of one document."""

    kind: str
    id: str
    version: int
    state: str
    at: Instant
    by: str
    reason: str
    body: dict[str, Any]
    warnings: list[str] = []  # of what was put in force now: it works, but is hardly meant


class Entry(Struct, frozen=True, kw_only=True):
    """One document of a kind: the version in force (0 = none) and the newest draft (0 = none)."""

    kind: str
    id: str
    published: int
    draft: int
    body: dict[str, Any]


class AccessKey(Struct, frozen=True, kw_only=True):
    """A key, without its text."""

    id: str
    kind: str
    hint: str
    source: str
    label: str
    origins: list[str]
    per_second: int
    created: Instant
    revoked: Instant | None


class NewKey(AccessKey, frozen=True, kw_only=True):
    """A key that was just made; its text is told this once."""

    key: str


class Job(Struct, frozen=True, kw_only=True):
    """Work in the background, counted in `unit` (events, customers, parts of the lake, days); `total` is 0 while it is not
    known."""

    name: str
    unit: str
    done: int
    total: int
    began: Instant | None
    ended: Instant | None
    error: str


class Fault(Struct, frozen=True, kw_only=True):
    """Why something was refused: a stable code, and a text for people."""

    code: str
    message: str
    request_id: str


class LiveItem(Struct, frozen=True, kw_only=True):
    """One event as the live stream tells it. `who` is the identifier its customer is known by best. `id` and `received`
    are null for one that was settled before it was told."""

    seq: int
    id: str | None = None
    profile: str
    who: str = ""
    type: str
    name: str
    channel: str
    touchpoint: str
    source: str
    occurred: Instant
    received: Instant | None = None
