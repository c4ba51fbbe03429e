"""The campaign an event came by, wherever a client says it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from harken.listen import campaign_of
from harken.listen.campaigns import campaign_in
from harken.words import Event


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"context": {"campaign": {"name": " spring ", "source": "mail"}}}, "spring"),
        ({"context": {"campaign": {"id": 17}}}, "17"),
        ({"context": {"campaign": "spring"}}, "spring"),
        ({"properties": {"utm_campaign": "spring"}}, "spring"),
        ({"properties": {"campaign": {"name": "spring"}}}, "spring"),
        ({"properties": {"campaign_id": "c-1"}}, "c-1"),
        ({"context": {"page": {"url": "https://x.test/a?utm_source=g&utm_campaign=50%25+off#top"}}}, "50% off"),
        ({"context": {"page": {"search": "?utm_campaign=spring"}}}, "spring"),
        ({"properties": {"url": "https://x.test/?utm_campaign=spring"}}, "spring"),
        ({"context": {"campaign": {"name": "a"}}, "properties": {"campaign": "b"}}, "a"),
        ({"context": {"campaign": {"name": ""}}, "properties": {"campaign": "b"}}, "b"),
        ({"context": {"campaign": {"name": "x" * 900}}}, "x" * 200),
        ({"context": {"campaign": ["a"], "page": "p"}, "properties": {"campaign": True}}, ""),
        ({"context": {"page": {"url": "http://[?utm_campaign=a"}}}, ""),
        ({"properties": {"url": "https://x.test/?utm_campaign=" + "&a=1" * 200}}, ""),
        ({}, ""),
    ],
)
def test_the_campaign_is_read(told: dict[str, Any], name: str) -> None:
    event = Event(
        id="", message_id="", source="", dialect="", type="", name="", occurred=0, received=0, identifiers=(), channel="",
        touchpoint="", **told,
    )  # fmt: skip
    assert campaign_of(event) == name
    assert campaign_in("segment", msgspec.json.encode({"type": "track", **told})) == name


def test_what_is_sent_otherwise_is_to_be_read_in_full() -> None:
    assert campaign_in("rows", b'{"properties": {"campaign": "spring"}}') is None
    assert campaign_in("segment", b'{"properties": "campaign"}') is None
    assert campaign_in("segment", b"campaign") is None
