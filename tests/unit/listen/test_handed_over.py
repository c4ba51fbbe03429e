"""What was heard in another process is what would have been heard here."""

from __future__ import annotations

from typing import Any

import pytest

from harken.listen import Listener, hear, packed, unpacked
from unit.listen.hearing import CONFIG, PLAN, batch, heard

BODIES: list[Any] = [
    {"batch": [
        {"type": "track", "event": "Bought", "userId": "ada", "anonymousId": "a1", "messageId": "m1",
         "properties": {"price": 5.5, "none": None, "list": [1, {"two": True}], "topic": "phones/android"}},
        {"type": "identify", "userId": "ada", "traits": {"email": "Ada@Example.test", "age": 36, "name": "Zoë 👩‍👩‍👧 \x00"}},
        {"type": "alias", "userId": "ada", "previousId": "a1"},
        {"type": "track", "event": "Late", "userId": "ada", "timestamp": "2026-01-30 10:00:00", "sentAt": "soon"},
        {"type": "track", "event": "Nobody"},
        {"type": "page", "anonymousId": "a2", "context": {"page": {"url": "https://x.test/plans/7"}, "gpc": True}},
        "no object",
    ]},
    "not JSON",
    "",
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=["items of many kinds", "not JSON", "empty"])
@pytest.mark.parametrize("known", [{}, {"trusted": True, "where": "a.csv", "lines": (7, 9)}], ids=["client", "file"])
def test_what_is_handed_over_is_what_was_heard(body: Any, known: dict[str, Any]) -> None:
    here = heard(body, **known)
    assert unpacked(packed(here)) == here
    assert unpacked(Listener(CONFIG).batch(batch(body, **known))) == here


def test_a_number_without_a_place_in_the_bytes_is_not_handed_over() -> None:
    one = batch(
        b'{"type": "track", "event": "A", "userId": "ada", "properties": {"n": 123456789012345678901234567890}}'
    )
    assert hear(one, PLAN).events[0].properties == {"n": 123456789012345678901234567890}
    assert Listener(CONFIG).batch(one) == b""
