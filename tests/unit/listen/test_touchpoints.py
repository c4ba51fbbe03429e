"""Where an event happened: the catalogue's rules, the default labels, and paths with ids folded."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import json

from harken.listen import hear, is_mapped, place, prepare, reread
from harken.listen.paths import is_id, pattern
from harken.words import BOOKKEEPING, Config, Event, Match, Source, Touchpoint
from unit.listen.hearing import CONFIG, batch, one, page, stored, track

CATALOGUE = (
    Touchpoint(id="web: Gold plan", match=(Match(path="/plans/gold-*"),)),
    Touchpoint(id="web: Plan", match=(Match(type="page", path="/plans/*"), Match(name="Plan *"))),
    Touchpoint(id="web: Order 1", match=(Match(path="/orders/1/"),)),
    Touchpoint(id="web: Order", match=(Match(path="https://shop.test/orders/*"),)),
    Touchpoint(id="call_center: Complaint", channel="call_center", match=(Match(name="Call", properties={"reason": "complaint"}),)),
    Touchpoint(id="call_center: Gold call", channel="call_center", match=(Match(name="Call", properties={"plan.tier": "gold*", "vip": True}),)),
    Touchpoint(id="call_center: Call with note", match=(Match(name="Call", properties={"note": "*"}),)),
    Touchpoint(id="app: Start", match=(Match(source="app", name="Start"),)),
    Touchpoint(id="any: Start", channel="any", match=(Match(name="Start"),)),
    Touchpoint(id="named only", channel="kiosk"),
)  # fmt: skip
CONFIGURED = Config(sources=CONFIG.sources, keys=CONFIG.keys, touchpoints=CATALOGUE)
MAPPED = prepare(CONFIGURED)


def where(item: dict[str, Any], **known: Any) -> tuple[str, str]:
    outcome = hear(batch(item, **known), MAPPED)
    assert outcome.dropped == []
    (event,) = outcome.events
    assert reread(stored(event), MAPPED).touchpoint == event.touchpoint
    return event.touchpoint, event.channel


def on(path: str, **fields: Any) -> dict[str, Any]:
    return page(context={"page": {"path": path}}, **fields)


@pytest.mark.parametrize(
    ("item", "touchpoint"),
    [
        (on("/plans/gold-2026"), "web: Gold plan"),
        (on("/plans/silver"), "web: Plan"),
        (on("/plans/silver/details"), "web: Plan"),
        (on("/plans"), "web: /plans"),
        (on("/orders/1"), "web: Order 1"),
        (on("/orders/12"), "web: Order"),
        (page(properties={"url": "https://other.test/orders/99?x=1#y"}), "web: Order"),
        (track(event="Plan Viewed"), "web: Plan"),
        (track(event="Plans Viewed"), "web: Plans Viewed"),
        (track(event="Call", properties={"reason": "complaint"}), "call_center: Complaint"),
        (track(event="Call", properties={"reason": "Complaint"}), "web: Call"),
        (track(event="Call", properties={"plan": {"tier": "gold+"}, "vip": True}), "call_center: Gold call"),
        (track(event="Call", properties={"plan": {"tier": "gold+"}, "vip": 1}), "web: Call"),
        (track(event="Call", properties={"note": 0}), "call_center: Call with note"),
        (track(event="Call", properties={"note": None}), "web: Call"),
        (track(event="Call", properties={"note": {"deep": [1]}}), "call_center: Call with note"),
        (track(event="Start"), "any: Start"),
    ],
)  # fmt: skip
def test_the_first_rule_that_fits_names_the_place(item: dict[str, Any], touchpoint: str) -> None:
    assert where(item)[0] == touchpoint
    assert where(item)[0] == touchpoint  # and again, remembered


def test_a_rule_may_be_for_one_source_only() -> None:
    assert where(track(event="Start"), source="app") == ("app: Start", "app")
    assert where(track(event="Start"), source="web") == ("any: Start", "any")


def test_the_channel_is_the_touchpoint_s_then_the_event_s_then_the_source_s() -> None:
    told = {"channel": "phone"}
    assert where(track(event="Call", properties={"reason": "complaint"}, context=told))[1] == "call_center"
    assert where(track(event="Plan Viewed", context=told))[1] == "phone"
    assert where(track(event="Plan Viewed"))[1] == "web"


def test_an_item_may_name_its_touchpoint_itself() -> None:
    item = {"name": "Start", "identifiers": {"user_id": "ada"}, "channel": "store"}
    assert where({**item, "touchpoint": "store: Till"}, dialect="harken") == ("store: Till", "store")
    assert where({**item, "touchpoint": "named only"}, dialect="harken") == ("named only", "kiosk")


def test_history_is_labeled_anew_when_the_catalogue_changes() -> None:
    event = one(on("/plans/silver"))
    assert event.touchpoint == "web: /plans/silver"
    again = reread(stored(event), MAPPED)
    assert (again.touchpoint, again.name, again.seq, again.tid) == ("web: Plan", "/plans/silver", 7, "trail-1")


@pytest.mark.parametrize(
    "nasty", ["a" * 30_000, "/plans/" + "gold-" * 5000, "/" + "*" * 5000, "/plans/\x00", "/🙂/" * 300, "//////"]
)
def test_a_nasty_path_takes_no_longer_than_another(nasty: str) -> None:
    slow = prepare(Config(touchpoints=(Touchpoint(id="x", match=(Match(path="/" + "a*" * 40 + "b"),)),)))
    (event,) = hear(batch(on(nasty)), slow).events
    assert len(event.touchpoint) < 140


# ---------------------------------------------------------------- default labels


@pytest.mark.parametrize(
    ("item", "label"),
    [
        (track(event="Thing Done"), "web: Thing Done"),
        (on("/orders/4711/items?page=2"), "web: /orders/*/items"),
        (on("/a/b/c/d/e/f/g/h"), "web: /a/b/c/d/e/f"),
        (on("/"), "web: /"),
        (on("/plans/", name="Plans"), "web: Plans"),
        (page(), "web: page"),
        ({"type": "identify", "userId": "ada"}, ""),
    ],
)
def test_a_place_nobody_named_is_called_by_channel_and_name_or_pattern(item: dict[str, Any], label: str) -> None:
    event = one(item)
    assert event.touchpoint == label
    assert not is_mapped(event.touchpoint, CONFIGURED)


def test_bookkeeping_is_nowhere_unless_the_catalogue_names_its_place() -> None:
    sign_up = Touchpoint(id="web: Sign-up", channel="web", match=(Match(type="identify"),))
    known = prepare(Config(keys=CONFIG.keys, touchpoints=(sign_up,)))

    def at(said: dict[str, Any], **more: Any) -> str:
        (event,) = hear(batch(said, **more), known).events
        assert reread(stored(event), known).touchpoint == event.touchpoint
        return event.touchpoint

    for type in BOOKKEEPING:
        said = {"type": type, "identifiers": {"user_id": "ada"}, "touchpoint": "web: Elsewhere", "alias": ["a", "b"]}
        assert one(said, dialect="harken").touchpoint == ""
        assert at({**said, "touchpoint": "web: Sign-up"}, dialect="harken") == "web: Sign-up"
    assert at({"type": "identify", "userId": "ada"}) == "web: Sign-up"
    told = {"type": "call", "identifiers": {"user_id": "ada"}, "touchpoint": "web: Elsewhere"}
    assert one(told, dialect="harken").touchpoint == "web: Elsewhere"


def test_mapped_are_the_touchpoints_of_the_catalogue() -> None:
    assert is_mapped("web: Plan", CONFIGURED)


def test_long_names_are_cut() -> None:
    event = one(track(event="n" * 500))
    assert (len(event.name), event.touchpoint) == (120, "web: " + "n" * 120)


@pytest.mark.parametrize(
    ("item", "match"),
    [
        (on("/orders/4711/items"), Match(source="web", type="page", path="/orders/*/items")),
        (on("/a/b/c/d/e/f/g/4711"), Match(source="web", type="page", path="/a/b/c/d/e/f/g/*")),
        (track(event="Thing Done"), Match(source="web", type="track", name="Thing Done")),
        (page(name="Pricing"), Match(source="web", type="page", name="Pricing")),
    ],
)
def test_an_unmapped_place_comes_with_the_rule_that_would_catch_it(item: dict[str, Any], match: Match) -> None:
    event: Event = one(item)
    found = place(event)
    assert (found.match, found.touchpoint, found.channel) == (match, event.touchpoint, "web")
    named = prepare(Config(sources={"web": Source(id="web")}, touchpoints=(Touchpoint(id="T", match=(found.match,)),)))
    assert reread(stored(event), named).touchpoint == "T"


def test_a_rule_given_as_document_survives_its_text() -> None:
    assert json.decode(json.encode(CATALOGUE[0]), type=Touchpoint) == CATALOGUE[0]


# ---------------------------------------------------------------- paths


@pytest.mark.parametrize(
    "segment",
    ["1", "4711", "2026-01-31", "2026_01_31", "b5a8b1f7-6ef7-4d85-9a0b-3f0e0f7f3a01", "B5A8B1F76EF74D859A0B3F0E0F7F3A01", "deadbeef01",
     "8f3kd92k", "cus_N1x2Yz8Qa", "ord-99812", "product-1042", "p4711", "dQw4w9WgXcQ", "eyJhbGciOiJIUzI1NiJ9", "ada@example.test",
     "ada%40example.test", "4711.html", "1.2.3", "*", "AbCdEfGhIjKlMnOpQrStUv"],
)  # fmt: skip
def test_ids_in_paths_are_folded(segment: str) -> None:
    assert is_id(segment)


@pytest.mark.parametrize(
    "segment",
    ["orders", "cart", "v2", "iphone-15-pro-max", "galaxy-s24", "html5", "step3.html", "windows2000", "sale-2026", "top-100", "facade",
     "defaced", "my-very-long-article-about-customer-journeys", "checkOutPage", "caf%C3%A9", "covid19", "index.php", "terms_and_conditions"],
)  # fmt: skip
def test_kinds_of_pages_are_not(segment: str) -> None:
    assert not is_id(segment)


@pytest.mark.parametrize(
    ("url", "folded"),
    [
        ("https://shop.test:8080/a/1/?x=1#y", "/a/*"),
        ("//cdn.test/a", "/a"),
        ("/a//b///", "/a/b"),
        ("a/b", "/a/b"),
        ("https://shop.test", "/"),
        ("/a;jsessionid=1/b", "/a/b"),
        ("/a?u=https://x.test/1", "/a"),
        ("app://home/settings", "/settings"),
        (" ", ""),
    ],
)
def test_a_url_is_folded_to_its_path(url: str, folded: str) -> None:
    assert pattern(url) == folded
