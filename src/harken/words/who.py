"""Who it is: identifiers that are known, what links them, trails and profiles."""

from __future__ import annotations

from msgspec import Struct

from harken.words.ids import Micros


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
