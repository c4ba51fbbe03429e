"""Tideline's events are worded as real clients do."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import islice

import msgspec

from harken.testing import tideline
from harken.testing.tideline import identities
from harken.words import DAY
from unit.testing.simulated import END, UUID, items


def test_the_website_words_events_as_analytics_next() -> None:
    web = [item for batch, item in items(customers=80, days=20) if batch.source == "web"]
    assert {item["type"] for item in web} == {"page", "track", "identify"}
    for item in web:
        assert item["messageId"].startswith("ajs-next-")
        assert UUID.fullmatch(item["anonymousId"])
        assert item["timestamp"].endswith("Z")
        assert set(item["context"]["page"]) == {"path", "referrer", "search", "title", "url"}
        assert item["context"]["library"]["name"] == "analytics.js"
        assert item["context"]["userAgent"].startswith("Mozilla/5.0")
        assert ("event" in item) == (item["type"] == "track")
        assert item.get("userId", "TM-").startswith("TM-")
    plans = [item for item in web if item.get("event") == "Plan Viewed"]
    assert all(re.fullmatch(r"/plans/47\d\d", item["context"]["page"]["path"]) for item in plans)
    told = [item["traits"] for item in web if item["type"] == "identify"]
    told = [traits for traits in told if traits["name"] != "Test Account"]
    assert all({"name", "email", "phone", "city", "birth_year"} <= set(traits) for traits in told)
    assert any("plan" in traits for traits in told)


def test_the_website_posts_event_by_event_when_nothing_relays() -> None:
    for batch in islice(tideline.history(seed=5, customers=60, days=5, end=END, batch=0), 300):
        body = msgspec.json.decode(batch.body)
        if batch.source == "web":
            assert (batch.hint, body["type"]) in [(kind, kind) for kind in ("page", "track", "identify")]
            assert "sentAt" in body
        else:
            assert batch.hint == "batch"
            assert set(body) == {"batch", "sentAt"}


def test_the_app_words_events_as_the_kotlin_library() -> None:
    app = [item for batch, item in items(customers=80, days=40) if batch.source == "app"]
    assert {item["type"] for item in app} == {"screen", "track", "identify"}
    assert any(item["userId"] == "" for item in app), "empty while nobody is signed in"
    for item in app:
        assert UUID.fullmatch(item["anonymousId"])
        assert UUID.fullmatch(item["context"]["device"]["id"])
        assert {"app", "device", "os", "screen", "network", "library", "locale", "timezone"} <= set(item["context"])
    assert all(item["name"] in ("Usage", "Bill", "Number transfer") for item in app if item["type"] == "screen")


def test_servers_identify_in_their_own_ways() -> None:
    by_source = defaultdict(list)
    for batch, item in items(customers=300, days=60):
        by_source[batch.source].append(item)
    mail = [item for item in by_source["messages"] if item["event"] == "Email Opened"]
    assert all((item["userId"] is None) != (item["anonymousId"] is None) for item in mail)
    assert all("@example." in item["context"]["traits"]["email"] for item in mail)
    texts = [item for item in by_source["messages"] if item["event"] == "SMS Delivered"]
    assert all(item["context"]["externalIds"][0]["type"] == "phone" for item in texts)
    calls = by_source["call_center"]
    assert all("timestamp" not in item and "originalTimestamp" in item for item in calls)
    assert all(item["context"]["channel"] == "phone" for item in calls)
    kinds = Counter(one["type"] for item in calls for one in item["context"]["externalIds"])
    assert set(kinds) == {"phone", "crm"}
    assert {len(item["context"].get("externalIds", [])) for item in by_source["store"]} == {0, 1}
    terminals = {item.get("anonymousId") for item in by_source["store"]}
    assert any(str(id).startswith("terminal-") for id in terminals)
    assert any(str(id).startswith("wifi-") for id in terminals)
    chats = by_source["chat"]
    assert {("userId" in item, "anonymousId" in item) for item in chats} == {(True, False), (False, True)}


def test_phone_numbers_are_those_kept_for_fiction_and_addresses_those_for_examples() -> None:
    fiction = re.compile(r"\+33(19900|26191|35301|46571|53649)\d{4}")
    for one in tideline.truth(seed=1, customers=300, end=END):
        if one.kind == "phone":
            assert fiction.fullmatch(one.value)
        if one.kind == "email":
            assert one.value.endswith((".example", "example.com", "example.org", "example.net"))
    assert identities.person(1, 70_000, (0, DAY)).phone == ""
