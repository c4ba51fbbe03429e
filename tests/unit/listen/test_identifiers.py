"""Whose an event is: what identifies, what never does, and how values are made alike."""

from __future__ import annotations

from typing import Any

import pytest

from harken.errors import Invalid
from harken.listen import hear, normalize, prepare
from harken.words import DEFAULT_KEYS, Config, Identifier, Key
from unit.listen.hearing import PLAN, batch, identify, ids, one, refused, track

NOBODY = [
    "null", "NULL", " undefined ", "0000", "0", "-", "0-0-0", "00000000-0000-0000-0000-000000000000", "[object Object]",
    "guest", "GUEST", "-1", "anonymous", "unknown", "none", "NaN", "n/a", "true", "false", "invalid", "{{user.id}}", "${id}",
]  # fmt: skip


@pytest.mark.parametrize("value", NOBODY)
@pytest.mark.parametrize("field", ["userId", "anonymousId"])
def test_what_programs_write_without_an_id_recognizes_nobody(field: str, value: str) -> None:
    other = {"userId": "anonymousId", "anonymousId": "userId"}[field]
    event = one({**track(userId=None), field: value, other: "x-1"})
    assert [identifier.value for identifier in event.identifiers] == ["x-1"]
    assert "identifies nobody" in event.warnings[0]


@pytest.mark.parametrize("value", ["10", "-10", "nobody", "guestbook", "null0", "0a", "-1a", "anonymous-7", "007"])
def test_ids_that_only_look_like_it_do(value: str) -> None:
    assert ids(one(track(userId=value))) == [f"user_id:{value}"]


def test_an_event_nobody_is_recognized_by_says_why() -> None:
    dropped = refused(track(userId="null", anonymousId={"a": 1}))
    assert dropped.reason == "no_identifier"
    assert "'null' is blocked" in dropped.detail
    assert "anonymousId ignored: an object" in dropped.detail
    assert "give at least one of user_id" in dropped.detail


def test_an_absurdly_long_id_recognizes_nobody() -> None:
    assert ids(one(track(userId="u" * 512))) == ["user_id:" + "u" * 512]
    assert refused(track(userId="u" * 513)).reason == "no_identifier"


@pytest.mark.parametrize("value", ["a\x00da", "ada\x00", "\x00"])
def test_an_id_with_a_nul_recognizes_nobody_rather_than_somebody_else(value: str) -> None:
    """Left out it would make one of two ids; what has no other waits in the inbox and says why."""
    dropped = refused(track(userId=value))
    assert dropped.reason == "no_identifier"
    assert "user_id" in dropped.detail
    assert "NUL" in dropped.detail
    event = one(track(userId=value, anonymousId="d-1"))
    assert ids(event) == ["anonymous_id:d-1"]
    assert "NUL" in event.warnings[0]
    assert refused({"type": "alias", "previousId": value, "userId": "ada", "anonymousId": "d-1"}).reason == "bad_field"
    assert ids(one(track(userId="ada", context={"traits": {"email": f"a{value}@x.test"}}))) == ["user_id:ada"]


def test_message_ids_that_differ_in_a_nul_are_two() -> None:
    events = [one(track(messageId=sent)) for sent in ("m\x00-1", "m-1", "m\x00-1\x00")]
    assert len({event.id for event in events}) == 3
    assert not any("\x00" in event.message_id for event in events)
    assert "digest" in events[0].warnings[0]


def test_a_key_may_block_values_of_its_own_in_any_case() -> None:
    plan = prepare(Config(keys=(Key(id="user_id", priority=1, blocked=("test-.*", "Demo")), *DEFAULT_KEYS[1:])))
    blocked = [track(userId=value, anonymousId="d") for value in ("TEST-1", "demo", "demolition", "a test-1")]
    assert [ids(event)[0] for event in hear(batch(blocked), plan).events] == [
        "anonymous_id:d", "anonymous_id:d", "user_id:demolition", "user_id:a test-1",
    ]  # fmt: skip


def test_a_blocked_value_that_is_no_regular_expression_is_refused_with_the_configuration() -> None:
    with pytest.raises(Invalid, match="user_id"):
        prepare(Config(keys=(Key(id="user_id", priority=1, blocked=("(",)),)))


@pytest.mark.parametrize(
    ("email", "normal"),
    [
        (" Ada@Example.TEST ", "ada@example.test"),
        ("ada+news@mail.example.co.uk", "ada+news@mail.example.co.uk"),
        ("ada", None),
        ("ada@localhost", None),
        ("ada@@x.test", None),
        ("a b@x.test", None),
        ("Ada <ada@x.test>", None),
        ("a@x.test,b@x.test", None),
        ("a@x..test", None),
        ("@x.test", None),
        ("a" * 250 + "@x.test", None),
    ],
)
def test_email_is_an_address_in_lower_case_or_nobody_s(email: str, normal: str | None) -> None:
    event = one(identify(traits={"email": email}))
    assert ids(event)[1:] == ([f"email:{normal}"] if normal else [])
    assert bool(event.warnings) is (normal is None)
    assert event.traits == {"email": email}


@pytest.mark.parametrize(
    ("phone", "country", "normal"),
    [
        ("+49 (30) 901820", "", "+4930901820"),
        ("030 901820", "DE", "+4930901820"),
        ("(202) 555-0143", "US", "+12025550143"),
        ("+1-202-555-0143", "DE", "+12025550143"),
        (12025550143, "US", "+12025550143"),
        ("030 901820", "", None),
        ("+1 202 555 0143 ext. 9", "", None),
        ("12345", "", None),
        ("+999 12", "", None),
        ("call me", "US", None),
    ],
)
def test_phone_is_e164_or_nobody_s(phone: object, country: str, normal: str | None) -> None:
    keys = (DEFAULT_KEYS[0], Key(id="phone", priority=50, normalizer="phone", country=country))
    (event,) = hear(batch(identify(traits={"phone": phone})), prepare(Config(keys=keys))).events
    assert ids(event)[1:] == ([f"phone:{normal}"] if normal else [])


def test_a_key_may_fold_case() -> None:
    plan = prepare(Config(keys=(Key(id="user_id", priority=1, normalizer="lower"),)))
    assert [ids(event) for event in hear(batch(track(userId=" ADA ")), plan).events] == [["user_id:ada"]]


def test_the_strongest_key_comes_first_and_equal_ones_once() -> None:
    told: dict[str, Any] = {
        "traits": {"email": "a@x.test", "loyalty": "L", "phone": "+4930901820"},
        "anonymousId": "d",
        "context": {
            "device": {"id": "i"},
            "externalIds": [{"type": "email", "id": "A@x.test"}, {"type": "crm", "id": "c"}],
        },
    }
    assert ids(one(identify(**told))) == [
        "user_id:ada", "crm:c", "loyalty:L", "email:a@x.test", "phone:+4930901820", "device_id:i", "anonymous_id:d",
    ]  # fmt: skip


def test_kinds_nobody_configured_are_not_identifiers() -> None:
    plan = prepare(Config(keys=(Key(id="email", priority=1, normalizer="email"),)))
    (event,) = hear(batch(identify(traits={"email": "a@x.test"})), plan).events
    assert ids(event) == ["email:a@x.test"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (Identifier("email", " Ada@X.test"), Identifier("email", "ada@x.test")),
        (Identifier("user_id", "null"), None),
        (Identifier("email", "nonsense"), None),
        (Identifier("shoe_size", "42"), None),
    ],
)
def test_an_identifier_somebody_asks_for_is_normalized_as_events_are(
    asked: Identifier, found: Identifier | None
) -> None:
    assert normalize(asked, PLAN) == found
