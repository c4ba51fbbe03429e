"""The traits an item tells of its customer -> traits every store can keep; its properties -> weights of topics."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

from harken.listen.fields import text
from harken.listen.said import NOTHING
from harken.listen.touchpoints import said_property
from harken.words import Interests

DEEPEST = 8  # steps of a topic path
TOPICS = 50  # of one event

Weigh: TypeAlias = Callable[[str, dict[str, Any], dict[str, int]], dict[str, int]]


def keepable(traits: dict[str, Any]) -> dict[str, Any]:
    """The traits, with numbers over 64 bits as digits: no state keeps those.

    >>> keepable({"plan": "gold", "serial": 2**80})
    {'plan': 'gold', 'serial': '1208925819614629174706176'}
    """
    for value in traits.values():
        if not _plain(value):
            return {name: _kept(value) for name, value in traits.items()}
    return traits


def _plain(value: object) -> bool:
    kind = value.__class__
    if kind is int:
        return -(2**63) <= value < 2**63  # type: ignore[operator]
    return kind is not dict and kind is not list


def _kept(value: object) -> object:
    if isinstance(value, dict):
        return {name: _kept(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_kept(inner) for inner in value]
    return value if _plain(value) else str(value)


def weigher(interests: Interests) -> Weigh:
    """How events are weighed: the topics a property names, each with the weight of the event."""
    weights = {name: round(weight * 1000) for name, weight in interests.weights.items()}
    property = interests.property
    nested = "." in property

    @lru_cache(maxsize=16_384)
    def one(name: str, topic: str) -> dict[str, int]:
        return several(name, [topic])

    def several(name: str, topics: list[Any]) -> dict[str, int]:
        weight = weights.get(name, 1000)
        paths = [topic_path(topic) for topic in topics[:TOPICS] if isinstance(topic, str)]
        return {path: weight for path in paths if path and weight}

    def weigh(name: str, properties: dict[str, Any], own: dict[str, int]) -> dict[str, int]:
        named = said_property(properties, property) if nested else properties.get(property)
        if named is None:
            return own
        if named.__class__ is str:
            found = one(name, named)
        else:
            found = several(name, named) if isinstance(named, list) else NOTHING
        return {**found, **own} if own else found

    return weigh


def topic_path(topic: str) -> str:
    """A topic as steps down the tree.

    >>> topic_path(" phones / android/")
    'phones/android'
    """
    steps = [step for part in topic.split("/") if (step := text(part))]
    return "/".join(steps[:DEEPEST])
