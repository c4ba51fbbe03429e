"""What an item says of its place, and the catalogue -> its name, touchpoint and channel.

The first touchpoint whose rule fits gives its name; an item may name its touchpoint itself; what nobody has named yet
gets a label made of its channel and its name or path pattern, and is listed for naming. Bookkeeping (`identify`, …) is
nowhere, unless the catalogue knows its place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from msgspec import json

from harken.listen import paths
from harken.listen.fields import text
from harken.listen.said import Said
from harken.words import BOOKKEEPING, Event, Match, Source, Touchpoint

BOUND = 32_768  # places remembered per source
PAGES = ("page", "screen")
PLACES = ("path", "url")  # fields that tell a page, the first first

_Fits: TypeAlias = Callable[[str, str, str, Sequence[object]], bool]  # type, name, path, values of the read properties


class Spot(NamedTuple):
    """Where an event happened."""

    name: str
    touchpoint: str
    channel: str


Locate: TypeAlias = Callable[[Said], Spot]


class _Rule(NamedTuple):
    touchpoint: Touchpoint
    match: Match


class _Reads(NamedTuple):
    """What the rules of a source look at, so that places are remembered by nothing else."""

    path: bool
    exact: bool  # some rule tells paths apart that fold to the same pattern
    properties: tuple[str, ...]


def locator(source: Source, catalogue: Sequence[Touchpoint]) -> Locate:
    """How items of one source find their place. Remembers what it found, so a rule is tried once per kind of place."""
    rules = [_Rule(point, match) for point in catalogue for match in point.match if match.source in {"", source.id}]
    reads = _reads(rules)
    tries = [(rule.touchpoint, _fits(rule, reads.properties)) for rule in rules]
    channels = {point.id: point.channel for point in catalogue}
    seen: dict[tuple[object, ...], Spot] = {}

    def locate(said: Said) -> Spot:
        name = said.name
        path = ""
        if reads.path or not name:
            url = url_of(said.context, said.properties)
            path = paths.path_of(url) if reads.exact else paths.pattern(url)
        key: tuple[object, ...] = (said.type, name, path, said.channel, said.touchpoint)
        values: Sequence[object] = ()
        if reads.properties:
            values = [said_property(said.properties, property) for property in reads.properties]
            key += tuple([value if value.__class__ is str else json.encode(value) for value in values])
        spot = seen.get(key)
        if spot is None:
            spot = _spot(said, path, values)
            if len(seen) >= BOUND:
                seen.clear()
            seen[key] = spot
        return spot

    def _spot(said: Said, path: str, values: Sequence[object]) -> Spot:
        name = said.name or (page_name(path) if said.type in PAGES else "")
        channel = said.channel or source.channel
        bookkeeping = said.type in BOOKKEEPING
        if said.touchpoint and (not bookkeeping or said.touchpoint in channels):
            return Spot(name, said.touchpoint, channels.get(said.touchpoint) or channel)
        for point, fits in tries:
            if fits(said.type, name, path, values):
                return Spot(name, point.id, point.channel or channel)
        return Spot(name, "" if bookkeeping else default_label(channel, name or said.type), channel)

    return locate


def default_label(channel: str, name: str) -> str:
    """What a place is called until somebody names it.

    >>> default_label("web", "/orders/*/items")
    'web: /orders/*/items'
    """
    return f"{channel}: {name}"


def url_of(context: dict[str, Any], properties: dict[str, Any]) -> str:
    """The page an item tells of: the context's before the properties', a path before a URL; "" when it tells none."""
    page = context.get("page")
    for place in (page, properties) if page.__class__ is dict else (properties,):
        for field in PLACES:
            value = place.get(field)
            if value.__class__ is str and value:
                return value
    return ""


def said_property(properties: dict[str, Any], name: str) -> object:
    """A property by its name, or by its way: `plan.tier`."""
    if name in properties or "." not in name:
        return properties.get(name)
    value: object = properties
    for step in name.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def page_name(value: object) -> str:
    """The name a client gives a page; one that is a path or URL is folded like one.

    >>> page_name("Pricing"), page_name("/orders/4711"), page_name(None)
    ('Pricing', '/orders/*', '')
    """
    name = text(value)
    return text(paths.place(paths.pattern(name))) if name[:1] == "/" or "://" in name else name


# ---------------------------------------------------------------- rules


def _reads(rules: Sequence[_Rule]) -> _Reads:
    pathed = [asked for rule in rules if (asked := _asked_path(rule.match))]
    return _Reads(
        path=bool(pathed),
        exact=not all(_is_folded(path) for path in pathed),
        properties=tuple(sorted({name for rule in rules for name in rule.match.properties})),
    )


def _asked_path(match: Match) -> str:
    """The path of a rule, written as what is heard is: `/plans/` is `/plans`, a URL is its path."""
    return match.path.rstrip("/") if match.path.startswith("*") else paths.path_of(match.path)


def _is_folded(path: str) -> bool:
    """Whether a rule can be tried on the pattern of a path and fits exactly when it fits the path."""
    return paths.pattern(path) == path and all("*" not in step or step == "*" for step in path.split("/"))


def _fits(rule: _Rule, properties: tuple[str, ...]) -> _Fits:
    """One rule as a function; the order of the tests is cheap before dear."""
    match = rule.match
    name = _like(match.name)
    path = _like(_asked_path(match))
    wanted = [(properties.index(key), _value_test(value)) for key, value in match.properties.items()]

    def fits(said_type: str, said_name: str, said_path: str, values: Sequence[object]) -> bool:
        return (
            (not match.type or match.type == said_type)
            and (name is None or name(said_name))
            and (path is None or (said_path != "" and path(said_path)))
            and all(test(values[place]) for place, test in wanted)
        )

    return fits


def _like(pattern: str) -> Callable[[str], bool] | None:
    """A test for a text with `*` for anything; None when nothing is asked for. Takes no longer for a nasty text."""
    if "*" not in pattern:
        return pattern.__eq__ if pattern else None
    head, *middle, tail = pattern.split("*")

    def like(said: str) -> bool:
        at, end = len(head), len(said) - len(tail)
        if at > end or not said.startswith(head) or not said.endswith(tail):
            return False
        for part in middle:
            at = said.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True

    return like


def _value_test(wanted: object) -> Callable[[object], bool]:
    """A test for one property: the same value, or for texts a pattern; `*` alone fits any value that is there."""
    if wanted == "*":
        return lambda said: said is not None
    if isinstance(wanted, str):
        like = _like(wanted)
        return lambda said: isinstance(said, str) and (said == wanted if like is None else like(said))
    return lambda said: said == wanted and isinstance(said, bool) == isinstance(wanted, bool)


# ---------------------------------------------------------------- for naming


class Place(NamedTuple):
    """An unmapped place as it is listed for naming, and the rule that would catch its events."""

    touchpoint: str
    channel: str
    match: Match


def place(event: Event) -> Place:
    """Where a full event happened, as the catalogue would name it."""
    if event.type in PAGES and (event.name.startswith("/") or not event.name):
        path = paths.pattern(url_of(event.context, event.properties)) or event.name
        match = Match(source=event.source, type=event.type, path=path)
    else:
        match = Match(source=event.source, type=event.type, name=event.name)
    return Place(event.touchpoint, event.channel, match)
