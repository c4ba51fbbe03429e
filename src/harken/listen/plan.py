"""A configuration -> the plan to hear with: everything that can be made ready once is ready."""

from __future__ import annotations

from binascii import b2a_base64
from hashlib import blake2b
from zoneinfo import ZoneInfoNotFoundError

from msgspec import Struct

from harken.errors import Invalid
from harken.listen.identifiers import Reader, Whose, of_traits, readers
from harken.listen.times import Clock, clock
from harken.listen.touchpoints import PLACES, Locate, locator
from harken.listen.traits import Weigh, weigher
from harken.words import DEFAULT_KEYS, Config, Limits, Source, digest

UNKNOWN = 1000  # unconfigured sources remembered
URL_SAFE = bytes.maketrans(b"+/", b"-_")
__all__ = ["Plan", "SourcePlan", "digest", "event_id", "prepare"]


class SourcePlan(Struct, frozen=True):
    """What is ready for one source."""

    id: str
    limits: Limits
    clock: Clock
    locate: Locate
    seed: bytes  # of event ids: what their digests begin with
    looks_at: frozenset[str]  # names of properties that may tell where an event happened or what it is about


class Plan(Struct):
    """Opaque to everyone but `listen`. One per configuration; it remembers what it has seen, in bounded size."""

    config: Config
    readers: dict[str, Reader]
    traits: tuple[str, ...]  # kinds of identifiers that a trait of the same name stands for
    weigh: Weigh
    whose: Whose  # what pairs of ids identify, as they come
    sources: dict[str, SourcePlan]

    def source(self, id: str) -> SourcePlan:
        """The plan of a source; one nobody has configured is heard with what holds by default."""
        plan = self.sources.get(id)
        if plan is None:
            plan = _source(Source(id=id), self.config)
            if len(self.sources) < len(self.config.sources) + UNKNOWN:
                self.sources[id] = plan
        return plan


def prepare(config: Config) -> Plan:
    """Compile a configuration once, before anything is heard with it. Invalid says which document is wrong."""
    read = readers(config.keys or DEFAULT_KEYS)
    return Plan(
        config=config,
        readers=read,
        traits=of_traits(read),
        weigh=weigher(config.interests),
        whose={},
        sources={id: _source(source, config) for id, source in config.sources.items()},
    )


def _source(source: Source, config: Config) -> SourcePlan:
    try:
        zone = clock(source.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(
            f"source {source.id}: no time zone {source.timezone!r}; give a name of the IANA list (Europe/Berlin)"
        ) from error
    seed = f"{source.id}\x1f".encode()
    locate = locator(source, config.touchpoints)
    return SourcePlan(source.id, source.limits, zone, locate, seed, _looked_at(config))


def _looked_at(config: Config) -> frozenset[str]:
    """What `locate` and `weigh` read of an event's properties; of a way (`plan.tier`) its first step too."""
    told = {name for point in config.touchpoints for match in point.match for name in match.properties}
    told |= {config.interests.property, *PLACES}
    return frozenset(told | {name.partition(".")[0] for name in told})


def event_id(seed: bytes, message_id: str) -> str:
    """`digest(source, message id)`, in less time.

    >>> event_id(b"shop\x1f", "m-1") == digest("shop", "m-1")
    True
    """
    hashed = blake2b(seed + message_id.encode(), digest_size=12).digest()
    return b2a_base64(hashed, newline=False).translate(URL_SAFE).decode()
