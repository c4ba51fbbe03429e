"""All published documents together, and what holds without any."""

from __future__ import annotations

from msgspec import Struct

from harken.words.acting import Acting
from harken.words.configured import Goal, Interests, Key, Segment, Source, Stage, Survey, Touchpoint


class Config(Struct, frozen=True, kw_only=True):
    """The published configuration a batch is heard with. `version` grows with every publication."""

    version: int = 0
    sources: dict[str, Source] = {}
    keys: tuple[Key, ...] = ()  # strongest first
    touchpoints: tuple[Touchpoint, ...] = ()  # the first that fits an event names its place
    stages: tuple[Stage, ...] = ()  # in order
    segments: dict[str, Segment] = {}
    goals: dict[str, Goal] = {}
    surveys: dict[str, Survey] = {}
    interests: Interests = Interests()
    acting: Acting = Acting()


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
