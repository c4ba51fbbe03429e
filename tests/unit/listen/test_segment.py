"""The Segment dialect: every decoding rule of the wire, one table each."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import json

from harken.listen import hear, reread
from harken.words import digest
from unit.listen.hearing import NOW, PLAN, at, batch, heard, identify, ids, one, page, refused, stored, track

# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    "body",
    [
        {"batch": [track(), track(messageId="m-2")]},
        {"batch": [track(), track(messageId="m-2")], "writeKey": "WK", "unknown": {"a": 1}},
        [track(), track(messageId="m-2")],
        json.encode(track()) + b"\n" + json.encode(track(messageId="m-2")) + b"\r\n\n",
        b"\xef\xbb\xbf  " + json.encode({"batch": [track(), track(messageId="m-2")]}) + b"\n",
    ],
    ids=["batch", "unknown keys", "array", "lines", "byte order mark"],
)
@pytest.mark.parametrize("hint", ["", "batch", "import"])
def test_many_events_come_as_batch_array_or_lines(body: Any, hint: str) -> None:
    assert [event.message_id for event in heard(body, hint=hint).events] == ["m-1", "m-2"]


@pytest.mark.parametrize("body", [b'{"batch": []}', b"[]"])
def test_an_empty_batch_is_nothing_to_complain_about(body: bytes) -> None:
    outcome = heard(body, hint="batch")
    assert (outcome.events, outcome.dropped) == ([], [])


@pytest.mark.parametrize("value", [{"type": "track"}, "x", 7])
def test_a_batch_that_is_no_array_is_refused_with_the_place(value: object) -> None:
    dropped = refused({"batch": value}, hint="batch")
    assert dropped.reason == "bad_field"
    assert "$.batch" in dropped.detail


def test_a_property_called_batch_makes_no_batch() -> None:
    assert one(track(properties={"batch": [1, 2]})).properties == {"batch": [1, 2]}
    assert one(track(batch=["lot 1"]), hint="track").name == "Plan Viewed"


def test_one_bad_item_does_not_cost_the_others_and_is_told_by_its_place() -> None:
    outcome = heard({"batch": [track(), 7, {"type": "track"}, track(messageId="m-2")]})
    assert [event.message_id for event in outcome.events] == ["m-1", "m-2"]
    assert [(dropped.index, dropped.reason) for dropped in outcome.dropped] == [(1, "not_an_object"), (2, "bad_field")]


def test_the_type_of_the_path_goes_before_the_body_s() -> None:
    assert one(track(type="page"), hint="track").type == "track"
    assert one({"event": "X", "userId": "ada"}, hint="track").name == "X"


@pytest.mark.parametrize("type", ["Track", " track ", "TRACK"])
def test_known_types_are_known_in_any_case(type: str) -> None:
    assert one(track(type=type)).type == "track"


def test_an_unknown_type_is_kept_as_it_is() -> None:
    event = one({"type": "survey", "userId": "ada", "properties": {"nps": 9}})
    assert (event.type, event.touchpoint) == ("survey", "web: survey")


@pytest.mark.parametrize("type", [None, "", {"a": 1}, True, []])
def test_an_item_without_type_is_refused(type: object) -> None:
    assert refused({"batch": [track(type=type)]}).reason == "no_type"


@pytest.mark.parametrize("event", [None, "", "   ", {"a": 1}, [], True, "\x00"])
def test_a_track_call_names_what_happened(event: object) -> None:
    assert refused(track(event=event)).reason == "bad_field"


def test_a_number_as_event_name_is_read_as_text() -> None:
    assert one(track(event=404)).name == "404"


# ---------------------------------------------------------------- fields of the wrong type


@pytest.mark.parametrize(
    ("fields", "warned"),
    [
        ({"properties": []}, False),  # how PHP writes an empty object
        ({"properties": "x"}, True),
        ({"properties": [1]}, True),
        ({"context": []}, False),
        ({"context": 7}, True),
        ({"traits": "x"}, True),
        ({"anonymousId": {"a": 1}}, True),
        ({"anonymousId": True}, True),
        ({"anonymousId": ["a"]}, True),
        ({"messageId": True}, True),
        ({"properties": None, "context": None, "traits": None, "integrations": None}, False),
        ({"context": {"traits": 1, "page": 2, "device": 3, "externalIds": 4, "consent": 5, "channel": 6}}, False),
    ],
)
def test_a_field_of_the_wrong_type_does_not_cost_the_event(fields: dict[str, Any], *, warned: bool) -> None:
    event = one(track(**fields))
    assert ids(event) == ["user_id:ada"]
    assert bool(event.warnings) is warned


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (4711, "4711"),
        (4711.0, "4711"),
        (1e21, "1000000000000000000000"),
        (2**70, str(2**70)),
        (" ada ", "ada"),
    ],
)
def test_ids_are_text_however_they_are_sent(sent: object, kept: str) -> None:
    assert ids(one(track(userId=sent))) == [f"user_id:{kept}"]


@pytest.mark.parametrize("absent", [None, "", "  "])
def test_an_empty_id_is_no_id(absent: str | None) -> None:
    event = one(track(userId=absent, anonymousId="d-1"))
    assert ids(event) == ["anonymous_id:d-1"]
    assert event.warnings == ()
    assert refused(track(userId=absent, anonymousId=absent)).reason == "no_identifier"


@pytest.mark.parametrize("field", ["_metadata", "channel", "version", "projectId", "category"])
def test_unknown_fields_are_ignored_but_kept_in_the_raw(field: str) -> None:
    event = one(track(**{field: {"deep": [1, 2]}}))
    assert json.decode(event.raw)[field] == {"deep": [1, 2]}


# ---------------------------------------------------------------- message ids


def test_the_event_id_follows_from_source_and_message_id() -> None:
    assert one(track()).id == digest("web", "m-1")
    assert one(track(messageId=42)).message_id == "42"
    assert one(track(), source="app").id != one(track()).id


def test_a_message_id_over_100_characters_is_kept_as_a_digest() -> None:
    event = one(track(messageId="m" * 101))
    assert event.message_id == digest("message", "m" * 101)
    assert "101" in event.warnings[0]
    assert one(track(messageId="m" * 100)).message_id == "m" * 100


@pytest.mark.parametrize("absent", [None, "", " "])
def test_a_body_sent_again_is_the_same_event_when_it_has_a_time_of_its_own(absent: str | None) -> None:
    timed = track(messageId=absent, timestamp="2026-01-31T11:00:00Z")
    first, again = heard([timed, timed]), heard([timed, timed], received=NOW + 1_000_000)
    assert [event.id for event in first.events] == [event.id for event in again.events]
    assert len({event.id for event in first.events}) == 2
    assert one(timed).id not in {event.id for event in first.events}


def test_two_equal_bodies_without_any_time_are_two_events() -> None:
    untimed = track(messageId=None)
    assert one(untimed).id != one(untimed, received=NOW + 1).id


def test_equal_bodies_on_two_paths_are_two_events() -> None:
    untyped = {"userId": "ada", "name": "X", "timestamp": "2026-01-31T11:00:00Z"}
    assert one(untyped, hint="page").id != one(untyped, hint="screen").id


# ---------------------------------------------------------------- identify, group, page, alias


def test_traits_win_over_the_context_s() -> None:
    event = one(identify(traits={"email": "new@x.test"}, context={"traits": {"email": "old@x.test", "plan": "gold"}}))
    assert event.traits == {"email": "new@x.test", "plan": "gold"}
    assert ids(event) == ["user_id:ada", "email:new@x.test"]


def test_on_other_calls_context_traits_identify_but_tell_nothing_of_the_customer() -> None:
    event = one(track(context={"traits": {"email": "a@x.test", "plan": "gold", "shop_id": 7}}))
    assert event.traits == {}
    assert ids(event) == ["user_id:ada", "shop_id:7", "email:a@x.test"]


def test_any_configured_kind_is_an_identifier_when_a_trait_is_named_like_it() -> None:
    event = one(identify(traits={"loyalty": "L-1", "phone": "+49 30 901820", "color": "red", "user_id": "x"}))
    assert ids(event) == ["user_id:ada", "loyalty:L-1", "phone:+4930901820"]


def test_properties_do_not_identify() -> None:
    assert ids(one(track(properties={"email": "friend@x.test"}))) == ["user_id:ada"]


def test_the_traits_of_a_group_are_the_group_s() -> None:
    group = {"type": "group", "userId": "ada", "groupId": 77, "traits": {"email": "office@x.test", "name": "X Ltd"}}
    event = one(group)
    assert ids(event) == ["user_id:ada"]
    assert event.traits == {}
    assert event.properties == {"group_id": "77", "traits": {"email": "office@x.test", "name": "X Ltd"}}
    assert one({"type": "group", "userId": "ada"}).warnings


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"name": "Pricing"}, "Pricing"),
        ({"properties": {"name": "Pricing"}}, "Pricing"),
        ({"name": "", "properties": {"path": "/orders/4711"}}, "/orders/*"),
        ({"name": "/orders/4711"}, "/orders/*"),
        ({"context": {"page": {"url": "https://x.test/orders/4711/?a=1"}}}, "/orders/*"),
        ({}, ""),
    ],
)
def test_a_page_is_named_by_its_name_or_the_pattern_of_its_path(fields: dict[str, Any], name: str) -> None:
    assert one(page(**fields)).name == name


def test_a_screen_without_name_is_one_of_its_category() -> None:
    assert one(page(type="screen", properties={"category": "Plans"})).name == "Plans"


@pytest.mark.parametrize(
    ("device", "found"),
    [
        ({"id": "i-1"}, ["device_id:i-1"]),
        ({"advertisingId": "ad-1"}, ["device_id:ad-1"]),
        ({"id": "i-1", "advertisingId": "00000000-0000-0000-0000-000000000000"}, ["device_id:i-1"]),
        ({"id": "i-1", "token": "t-1"}, ["device_id:i-1", "push_token:t-1"]),
        ({"manufacturer": "Apple"}, []),
    ],
)
def test_devices_identify(device: dict[str, Any], found: list[str]) -> None:
    assert ids(one(track(context={"device": device}))) == ["user_id:ada", *found]


def test_external_ids_identify_when_their_type_is_a_configured_key() -> None:
    external = [
        {"id": "c-1", "type": "crm", "collection": "users", "encoding": "none"},
        {"id": "x", "type": "braze_id", "collection": "users"},
        {"id": None, "type": "loyalty"},
        "nonsense",
    ]
    assert ids(one(track(context={"externalIds": external}))) == ["user_id:ada", "crm:c-1"]


def test_an_alias_names_two_ids_and_identifies_nobody_by_them() -> None:
    event = one({"type": "alias", "previousId": "visitor-1", "userId": 42})
    assert (event.alias, event.identifiers) == (("visitor-1", "42"), ())


def test_an_alias_said_on_a_device_belongs_to_the_device() -> None:
    event = one(
        {
            "type": "alias",
            "previousId": "v",
            "userId": "u",
            "anonymousId": "d-1",
            "context": {"traits": {"email": "a@x.test"}},
        }
    )
    assert ids(event) == ["anonymous_id:d-1"]
    assert one({"type": "alias", "userId": "u", "anonymousId": "d-1"}).alias == ("d-1", "u")


@pytest.mark.parametrize(
    ("previous", "user"),
    [
        ("a", "a"),
        (" a", "a "),
        ("a", None),
        ("", "b"),
        ("null", "b"),
        ("a", "[object Object]"),
        ({"a": 1}, "b"),
        ("0000", "b"),
    ],
)
def test_an_alias_of_nobody_or_of_oneself_is_refused(previous: object, user: object) -> None:
    assert refused({"type": "alias", "previousId": previous, "userId": user}).reason == "bad_field"


# ---------------------------------------------------------------- what the batch and the edge say


def test_the_context_of_a_batch_and_of_the_edge_are_defaults_and_survive_in_the_raw() -> None:
    body = {"batch": [track(context={"ip": "1.1.1.1"})], "context": {"ip": "2.2.2.2", "locale": "de"}}
    event = one(body, context={"userAgent": "Mozilla/5.0", "locale": "en"})
    assert event.context == {"ip": "1.1.1.1", "locale": "de", "userAgent": "Mozilla/5.0"}
    assert reread(stored(event), PLAN).context == event.context
    assert json.decode(event.raw)["_heard"]["context"]["locale"] == "de"


def test_integrations_of_a_batch_survive_in_the_raw() -> None:
    event = one({"batch": [track()], "integrations": {"All": False}})
    assert json.decode(event.raw)["_heard"]["integrations"] == {"All": False}
    own = one({"batch": [track(integrations={})], "integrations": {"All": False}})
    assert "_heard" not in json.decode(own.raw)


def test_the_time_of_a_batch_serves_items_without_one() -> None:
    event = one({"batch": [track()], "timestamp": "2026-01-31T11:00:00Z"})
    assert event.occurred == at("2026-01-31T11:00:00Z")
    unread = one({"batch": [track()], "timestamp": "soon"})
    assert (unread.occurred, len(unread.warnings)) == (NOW, 1)


def test_a_client_cannot_say_what_the_hub_heard_against_the_edge() -> None:
    event = one(track(_heard={"context": {"gpc": False}, "settled": "x"}), context={"gpc": True})
    assert event.consent == {"sale_share": False}
    assert reread(stored(event), PLAN).consent == event.consent


def test_a_dropped_item_can_be_heard_again_alone_with_what_its_batch_said() -> None:
    dropped = refused(
        {"event": "X", "anonymousId": "null", "timestamp": "2026-01-31T11:00:00Z"}, hint="track", context={"gpc": True}
    )
    mended = dropped.raw.replace(b'"null"', b'"d-1"')
    again = one(mended, dialect=dropped.dialect, received=dropped.received)
    assert (again.type, again.name, again.consent) == ("track", "X", {"sale_share": False})
    assert reread(stored(again), PLAN).consent == again.consent


def test_trusted_batches_are_verified() -> None:
    assert one(track(), trusted=True).verified
    assert not one(track()).verified


# ---------------------------------------------------------------- consent


@pytest.mark.parametrize(
    ("consent", "said"),
    [
        ({"categoryPreferences": {"Advertising": True, "Analytics": False}}, {"Advertising": True, "Analytics": False}),
        ({"categoryPreferences": {}}, {"*": False}),
        ({"categoryPreferences": None}, {}),
        ({"provider": "x"}, {}),
        (
            {"categoryPreferences": {"A": "granted", "B": "maybe", "C": 1, "D": None, "": True}},
            {"A": True, "B": False, "C": True, "D": False},
        ),
        ({"categoryPreferences": "all"}, {}),
    ],
)
def test_consent_is_read_by_purpose_and_in_doubt_no(consent: dict[str, Any], said: dict[str, bool]) -> None:
    assert one(track(context={"consent": consent})).consent == said
    assert one(track(event="Segment Consent Preference Updated", context={"consent": consent})).consent == said


def test_a_consent_event_may_carry_its_purposes_in_its_properties() -> None:
    body = track(event="Segment Consent Preference Updated", properties={"categoryPreferences": {"Ads": False}})
    assert one(body).consent == {"Ads": False}


def test_a_browser_that_objects_beats_what_the_page_says() -> None:
    context = {"consent": {"categoryPreferences": {"sale_share": True, "Ads": True}}}
    assert one(track(context=context), context={"gpc": True}).consent == {"sale_share": False, "Ads": True}


# ---------------------------------------------------------------- the pixel


@pytest.mark.parametrize(
    "encode",
    [
        lambda raw: __import__("base64").b64encode(raw),
        lambda raw: __import__("base64").urlsafe_b64encode(raw).rstrip(b"="),
        lambda raw: __import__("base64").b64encode(raw).replace(b"+", b" "),
        lambda raw: raw,
    ],
    ids=["standard", "url-safe, no end", "plus become blank", "plain"],
)
def test_a_pixel_is_one_segment_event(encode: Any) -> None:
    raw = json.encode({"userId": "ada?>~ü", "event": "Mail Opened"})
    event = one(encode(raw), dialect="pixel", hint="track")
    assert (event.name, event.dialect, event.raw) == ("Mail Opened", "segment", raw)
    assert reread(stored(event), PLAN).identifiers == event.identifiers


@pytest.mark.parametrize("body", [b"", b"%%%", b"aGVsbG8", b"\xff\xfe", b"YQ=YQ"])
def test_a_pixel_of_nonsense_is_refused(body: bytes) -> None:
    assert refused(body, dialect="pixel", hint="track").reason == "not_json"


def test_an_unknown_dialect_is_told_with_those_there_are() -> None:
    (dropped,) = hear(batch(b"{}", dialect="morse"), PLAN).dropped
    assert "harken, pixel, segment" in dropped.detail
