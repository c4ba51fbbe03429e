"""The traits an item tells of its customer -> traits every store can keep; its properties -> weights of topics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from harken.listen.fields import text
from harken.listen.touchpoints import said_property
from harken.words import Interests

DEEPEST = 8  # steps of a topic path
TOPICS = 50  # of one event

Weigh: TypeAlias = Callable[[str, dict[str, Any], dict[str, int]], dict[str, int]]


def keepable(traits: dict[str, Any]) -> dict[str, Any]:
    """The traits, without NUL characters and with numbers over 64 bits as digits: no store keeps those.

    >>> keepable({"plan": "go\\x00ld", "serial": 2**80})
    {'plan': 'gold', 'serial': '1208925819614629174706176'}
    """
    for name, value in traits.items():
        if not _plain(value) or "\x00" in name:
            return {str(_kept(name)): _kept(value) for name, value in traits.items()}
    return traits


def _plain(value: object) -> bool:
    kind = value.__class__
    if kind is str:
        return "\x00" not in value  # type: ignore[operator]
    if kind is int:
        return -(2**63) <= value < 2**63  # type: ignore[operator]
    return kind is not dict and kind is not list


def _kept(value: object) -> object:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {str(_kept(name)): _kept(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_kept(inner) for inner in value]
    return value if _plain(value) else str(value)


def weigher(interests: Interests) -> Weigh:
    """How events are weighed: the topics a property names, each with the weight of the event."""
    weights = {name: round(weight * 1000) for name, weight in interests.weights.items()}

    def weigh(name: str, properties: dict[str, Any], own: dict[str, int]) -> dict[str, int]:
        named = said_property(properties, interests.property)
        if named is None:
            return own
        weight = weights.get(name, 1000)
        topics = [named] if named.__class__ is str else named if named.__class__ is list else []
        found = {path: weight for topic in topics[:TOPICS] if weight and (path := topic_path(topic))}
        return {**found, **own} if own else found

    return weigh


def topic_path(topic: object) -> str:
    """A topic as steps down the tree.

    >>> topic_path(" phones / android/"), topic_path(7)
    ('phones/android', '')
    """
    if not isinstance(topic, str):
        return ""
    steps = [step for part in topic.split("/") if (step := text(part))]
    return "/".join(steps[:DEEPEST])
