"""The native dialect: what `/v1/import`, files and pipes send."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import json

from harken.listen import reread
from unit.listen.hearing import NOW, PLAN, at, heard, ids, one, refused, stored

BOUGHT = {
    "name": "Plan Bought",
    "occurred": "2026-01-30T10:00:00Z",
    "message_id": "o-1",
    "identifiers": {"loyalty": "L-1"},
}


def told(**fields: Any) -> dict[str, Any]:
    return {**BOUGHT, **fields}


def native(body: Any, **known: Any) -> Any:
    event = one(body, dialect="harken", **known)
    assert reread(stored(event), PLAN).identifiers == event.identifiers
    return event


def test_everything_an_item_can_say() -> None:
    event = native(
        {
            "type": "track", "name": "Plan Bought", "occurred": "2026-01-30T10:00:00", "timezone": "Europe/Berlin", "message_id": 7,
            "identifiers": {"email": ["A@x.test", "b@x.test", None], "loyalty": 12, "shoe": "42"}, "channel": "store",
            "touchpoint": "store: Till", "properties": {"topic": ["phones/ios", " phones / ios "]}, "traits": {"plan": "gold"},
            "topics": {"plans/gold": 1.5, "phones/ios": 2}, "consent": {"email": True, "sms": "no"}, "context": {"ip": "1.1.1.1"},
        }
    )  # fmt: skip
    assert (event.type, event.name, event.message_id) == ("track", "Plan Bought", "7")
    assert event.occurred == at("2026-01-30T09:00:00Z")
    assert ids(event) == ["loyalty:12", "email:a@x.test", "email:b@x.test"]
    assert (event.channel, event.touchpoint) == ("store", "store: Till")
    assert event.topics == {"phones/ios": 2000, "plans/gold": 1500}
    assert (event.traits, event.consent) == ({"plan": "gold"}, {"email": True, "sms": False})
    assert event.context == {"ip": "1.1.1.1"}
    assert event.warnings == ()


@pytest.mark.parametrize(
    "body",
    [
        [told(), told(message_id="o-2")],
        json.encode(told()) + b"\n\n" + json.encode(told(message_id="o-2")) + b"\n",
        {"batch": [{"type": "track", "event": "X", "userId": "a", "messageId": id} for id in ("o-1", "o-2")]},
    ],
    ids=["array", "lines", "Segment's batch"],
)
def test_a_body_is_an_array_or_lines_or_segment_s_batch(body: Any) -> None:
    outcome = heard(body, dialect="harken")
    assert [event.message_id for event in outcome.events] == ["o-1", "o-2"]
    for event in outcome.events:
        assert reread(stored(event), PLAN).identifiers == event.identifiers


@pytest.mark.parametrize("hint", ["", "batch", "import"])
def test_a_path_for_many_does_not_name_the_type(hint: str) -> None:
    assert native(told(), hint=hint).type == "track"


def test_one_object_may_span_lines() -> None:
    assert native(json.format(json.encode(told()), indent=2)).name == "Plan Bought"


@pytest.mark.parametrize("field", ["occurred", "time", "timestamp"])
def test_its_time_goes_by_three_names(field: str) -> None:
    item = {key: value for key, value in BOUGHT.items() if key != "occurred"} | {field: 1769767200}
    assert native(item).occurred == at("2026-01-30T10:00:00Z")


@pytest.mark.parametrize(("field", "id"), [("message_id", "o-1"), ("id", "o-9")])
def test_its_message_id_goes_by_two_names(field: str, id: str) -> None:
    item = {key: value for key, value in BOUGHT.items() if key != "message_id"} | {field: id}
    assert native(item).message_id == id


@pytest.mark.parametrize(
    ("fields", "type"),
    [
        ({"name": "X"}, "track"),
        ({"alias": ["a", "b"]}, "alias"),
        ({"traits": {"plan": "gold"}}, "identify"),
        ({"type": "", "name": "X"}, "track"),
        ({"type": "Page", "context": {"page": {"path": "/a"}}}, "page"),
        ({"type": "consent", "consent": {"email": True}}, "consent"),
        ({"type": "response", "name": "seen"}, "response"),
    ],
)
def test_the_type_follows_from_what_it_is_about(fields: dict[str, Any], type: str) -> None:
    assert native({"identifiers": {"user_id": "ada"}, **fields}).type == type


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": None}, "no_type"),
        ({"type": "track", "name": ""}, "bad_field"),
        ({"identifiers": {}}, "no_identifier"),
        ({"identifiers": {"shoe": "42"}}, "no_identifier"),
        ({"identifiers": ["L-1"]}, "no_identifier"),
        ({"identifiers": {"loyalty": {"id": 1}}}, "no_identifier"),
        ({"occurred": "soon"}, "bad_time"),
        ({"timezone": "Mars/Olympus"}, "bad_field"),
        ({"timezone": "../../etc/passwd"}, "bad_field"),
        ({"type": "alias", "alias": ["a"]}, "bad_field"),
    ],
)
def test_what_cannot_be_taken_says_why(fields: dict[str, Any], reason: str) -> None:
    assert refused(told(**fields), dialect="harken").reason == reason


def test_a_row_of_a_file_must_say_when_it_happened_and_is_told_by_its_line() -> None:
    body = json.encode(told()) + b'\n{"name": "X", "identifiers": {"loyalty": "L-1"}}\n{"name":\n'
    outcome = heard(body, dialect="harken", where="rows.csv", lines=(184, 3))
    assert [event.message_id for event in outcome.events] == ["o-1"]
    assert [(dropped.where, dropped.reason) for dropped in outcome.dropped] == [
        ("rows.csv:185", "bad_time"),
        ("rows.csv:186", "not_json"),
    ]


def test_without_a_file_it_happened_when_it_was_received() -> None:
    assert native({"name": "X", "identifiers": {"loyalty": "L-1"}}).occurred == NOW


def test_rows_without_id_are_known_by_their_line_however_a_file_is_cut() -> None:
    row = json.encode({key: value for key, value in BOUGHT.items() if key != "message_id"})
    whole = heard(b"\n".join([row] * 3), dialect="harken", where="a.csv", lines=(1, 3)).events
    parts = [one(row, dialect="harken", where="a.csv", lines=(line, 1)) for line in (1, 2, 3)]
    assert [event.id for event in whole] == [event.id for event in parts]
    assert len({event.id for event in whole}) == 3


@pytest.mark.parametrize(
    ("topics", "read"),
    [
        (["a", "b/c"], {"a": 1000, "b/c": 1000}),
        ("a", {"a": 1000}),
        ({"a": "x", "b": True, "": 1, "c": -1}, {"c": -1000}),
        (7, {}),
        ({"a": 1e300}, {}),
    ],
)
def test_topics_may_be_named_or_weighed(topics: object, read: dict[str, int]) -> None:
    assert native(told(topics=topics)).topics == read


@pytest.mark.parametrize(
    ("name", "topic", "weighed"),
    [
        ("Plan Viewed", "phones/android", {"phones/android": 1000}),
        ("Plan Bought", "phones", {"phones": 5000}),
        ("Ignored", "phones", {}),
        ("Plan Viewed", ["a", "b", 7, ""], {"a": 1000, "b": 1000}),
        ("Plan Viewed", 7, {}),
        ("Plan Viewed", {"a": 1}, {}),
        ("Plan Viewed", "/".join("abcdefghij"), {"a/b/c/d/e/f/g/h": 1000}),
    ],
)
def test_the_property_of_interest_weighs_by_the_event(name: str, topic: object, weighed: dict[str, int]) -> None:
    assert native(told(name=name, properties={"topic": topic})).topics == weighed


def test_an_address_of_the_edge_is_a_default() -> None:
    event = native(told(context={"ip": "1.1.1.1"}), context={"ip": "2.2.2.2", "gpc": True})
    assert (event.context, event.consent) == ({"ip": "1.1.1.1", "gpc": True}, {"sale_share": False})
    assert reread(stored(event), PLAN).context == event.context


def test_traits_no_state_could_keep_are_made_keepable_and_any_text_is_kept() -> None:
    event = native(told(traits={"a\x00": "x\x00y", "big": 2**70, "deep": {"n": [2**70, "\x00"]}, "fine": 1.5}))
    assert event.traits == {"a\x00": "x\x00y", "big": str(2**70), "deep": {"n": [str(2**70), "\x00"]}, "fine": 1.5}
