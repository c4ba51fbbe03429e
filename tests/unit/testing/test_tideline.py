"""Tideline Mobile: the same for a seed, in order of arrival, worded as real clients do, with the faults it promises."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache
from itertools import islice, pairwise
from typing import Any

import msgspec
import pytest

from harken.listen import hear, prepare
from harken.manage import documents
from harken.testing import Shown, tideline
from harken.testing.tideline import identities, places
from harken.testing.tideline.goods import ZONE_HOURS
from harken.words import DAY, SECOND, Config, Document, Event

END = 1_790_000_123_456_789  # no round number on purpose
HOUR = 3_600 * SECOND
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}")


@cache
def configuration() -> Config:
    published = []
    for kind, file in documents.FILES.items():
        for document in documents.from_yaml(kind, (tideline.CONFIGURATION / file).read_text(), file):
            body = documents.encode(document)
            published.append(
                Document(kind=kind, id=document.id, version=1, state="published", body=body, at=0, by="", reason="")
            )
    return documents.config(published, 1)


@cache
def heard(seed: int = 5, customers: int = 1_000, days: int = 90) -> list[tuple[Event, int]]:
    """Every event of a history, duplicates too, with the simulated person behind it."""
    plan = prepare(configuration())
    found = []
    for batch in tideline.history(seed=seed, customers=customers, days=days, end=END):
        told = hear(tideline.raw(batch), plan)
        if not told.dropped:
            found.extend(zip(told.events, batch.people, strict=True))
        else:  # nobody's ad clicks fall out
            assert {dropped.reason for dropped in told.dropped} == {"no_identifier"}
            gone = {dropped.index for dropped in told.dropped}
            people = [person for place, person in enumerate(batch.people) if place not in gone]
            found.extend(zip(told.events, people, strict=True))
    return found


@cache
def once() -> list[tuple[Event, int]]:
    """The same without duplicates."""
    return list({event.id: (event, person) for event, person in heard()}.values())


@cache
def journeys() -> dict[int, list[Event]]:
    """Everybody's events by time, without the sign-ins and the test account."""
    found = defaultdict(list)
    for event, person in once():
        if event.type != "identify" and person >= 0:
            found[person].append(event)
    return {person: sorted(events, key=lambda event: event.occurred) for person, events in found.items()}


def items(**period: Any) -> list[tuple[tideline.Batch, dict[str, Any]]]:
    found = []
    for batch in tideline.history(seed=5, end=END, **period):
        body = msgspec.json.decode(batch.body)
        found.extend((batch, item) for item in body.get("batch", [body]))
    return found


# ------------------------------------------------------------------ the same again, in order


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    few = {"customers": 60, "days": 12, "end": END}
    assert list(tideline.history(seed=1, **few)) == list(tideline.history(seed=1, **few))
    assert list(tideline.history(seed=1, **few)) != list(tideline.history(seed=2, **few))


def test_batches_come_in_order_of_arrival_within_the_period() -> None:
    batches = list(tideline.history(seed=3, customers=200, days=20, end=END))
    assert all(a.received <= b.received for a, b in pairwise(batches))
    assert batches[0].received >= END - 20 * DAY
    assert batches[-1].received < END
    assert END - batches[-1].received < 2 * HOUR, "nothing is held back at the end"
    assert max(len(batch.people) for batch in batches) <= tideline.BATCH


def test_a_batch_holds_as_many_events_as_it_names_people() -> None:
    for batch in tideline.history(seed=3, customers=100, days=10, end=END):
        body = msgspec.json.decode(batch.body)
        assert len(body["batch"]) == len(batch.people)
        assert batch.source in tideline.SOURCES
        assert batch.trusted == (batch.source not in ("web", "app"))


def test_smaller_batches_hold_the_same_events() -> None:
    def ids(batch: int) -> set[str]:
        found = set()
        for one in tideline.history(seed=3, customers=60, days=10, end=END, batch=batch):
            body = msgspec.json.decode(one.body)
            found |= {item["messageId"] for item in body.get("batch", [body])}
        return found

    late = ids(500) ^ ids(0)
    assert len(late) <= 3, "only what is still under way at the end may differ"


def test_the_first_people_are_the_same_in_a_larger_tideline() -> None:
    assert tideline.truth(seed=4, customers=30, end=END)[:100] == tideline.truth(seed=4, customers=90, end=END)[:100]


def test_a_history_has_the_promised_size() -> None:
    """12,000 customers in 90 days make 600,000 to 700,000 events; a twelfth of them a twelfth."""
    assert 48_000 < len(once()) < 61_000


# ------------------------------------------------------------------ what goes wrong on the way


def test_about_one_event_in_a_hundred_comes_twice() -> None:
    twice = len(heard()) - len(once())
    assert 0.006 < twice / len(once()) < 0.02
    assert max(Counter(event.id for event, _ in heard()).values()) <= 4


def test_some_events_are_late_by_hours_and_few_by_days() -> None:
    waits = [event.received - event.occurred for event, _ in once()]
    assert 0.005 < sum(wait > HOUR for wait in waits) / len(waits) < 0.03
    assert 0.0002 < sum(wait > DAY for wait in waits) / len(waits) < 0.01
    assert min(waits) >= 0


def test_wrong_clocks_are_put_right_by_their_time_of_sending() -> None:
    """The device's own times are hours off; what the hub makes of them is right to the second."""
    skewed = 0
    for event, _ in once():
        if any("clock" in warning for warning in event.warnings):
            skewed += 1
            assert 0 <= event.received - event.occurred < 6 * DAY
    assert 0.005 < skewed / len(once()) < 0.05


def test_a_few_clicks_come_with_nobody() -> None:
    nobody = [item for _, item in items(customers=1_000, days=60) if item.get("event") == "Ad Clicked"]
    share = sum("anonymousId" not in item for item in nobody) / len(nobody)
    assert 0.001 < share < 0.03


# ------------------------------------------------------------------ as real clients word it


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


# ------------------------------------------------------------------ the truth


def test_every_identifier_heard_is_in_the_truth_with_its_person() -> None:
    whose = {(one.kind, one.value): one.people for one in tideline.truth(seed=5, customers=1_000, end=END)}
    for event, person in heard():
        for identifier in event.identifiers:
            assert person in whose[identifier], (identifier, person, event.raw)


def test_an_identifier_belongs_to_one_person_or_is_shared_on_purpose() -> None:
    told = tideline.truth(seed=5, customers=2_000, end=END)
    assert len({(one.kind, one.value) for one in told}) == len(told)
    shared = [one for one in told if len(one.people) > 1]
    assert {one.kind for one in shared} == {"anonymous_id"}
    tablets = [one for one in shared if len(one.people) <= 3]
    assert 50 < len(tablets) < 150
    assert len(shared) - len(tablets) == 12, "the sales desks"


def test_a_tablet_is_signed_in_on_by_the_whole_family_and_a_sales_desk_by_hundreds() -> None:
    users = defaultdict(set)
    for event, person in once():
        for identifier in event.identifiers:
            if identifier.kind == "anonymous_id":
                users[identifier.value].add(person)
    shared = {one.value: one.people for one in tideline.truth(seed=5, customers=1_000, end=END) if len(one.people) > 1}
    tablets = [len(users[value]) for value, people in shared.items() if len(people) <= 3]
    assert max(tablets) >= 2
    desks = [len(users[value]) for value, people in shared.items() if len(people) > 3]
    assert max(desks) > 20


def test_the_test_account_is_used_on_hundreds_of_devices_in_every_place() -> None:
    tests = [event for event, person in once() if person == tideline.TEST_PERSON]
    account = ("user_id", tideline.TEST_ACCOUNT)
    devices = {one.value for event in tests for one in event.identifiers if one.kind == "anonymous_id"}
    assert len(devices) > 400
    assert {event.source for event in tests if account in event.identifiers} >= {"web", "app"}


def test_people_have_several_devices_and_some_never_sign_in() -> None:
    devices, accounts = defaultdict(set), set()
    for event, person in once():
        devices[person] |= {one.value for one in event.identifiers if one.kind == "anonymous_id"}
        if any(one.kind == "user_id" for one in event.identifiers):
            accounts.add(person)
    assert sum(len(found) >= 3 for found in devices.values()) / len(devices) > 0.2
    assert 0.1 < 1 - len(accounts) / len(devices) < 0.5


# ------------------------------------------------------------------ the story


def test_every_touchpoint_of_the_catalogue_occurs_and_every_event_but_sign_ins_has_one() -> None:
    count = Counter(event.touchpoint for event, _ in once())
    catalogue = {point.id for point in configuration().touchpoints}
    assert 45 <= len(catalogue) <= 50
    assert catalogue - set(count) == set()
    assert set(count) - catalogue == {""}
    assert {place.touchpoint for place in places.PLACES} == catalogue
    for point in configuration().touchpoints:
        assert point.stage in {stage.id for stage in configuration().stages}


def test_channels_are_seven_and_stages_six() -> None:
    assert {event.channel for event, _ in once() if event.type != "identify"} == {
        "social", "store", "web", "app", "message", "chat", "call_center",
    }  # fmt: skip
    assert [stage.id for stage in configuration().stages] == ["discover", "consider", "buy", "use", "get_help", "leave"]


def _next(after: str, *, late: bool) -> Counter[str]:
    found: Counter[str] = Counter()
    for events in journeys().values():
        for here, there in pairwise([*events, None]):
            if here is not None and here.touchpoint == after and (here.occurred > END - 45 * DAY) == late:
                found[there.touchpoint if there else "end"] += 1
    return found


def _share(after: str, to: str, *, late: bool) -> float:
    found = _next(after, late=late)
    return found[to] / found.total()


def test_the_better_id_check_moves_people_from_phone_order_to_checkout() -> None:
    early, late = (_share("web: ID check", "web: Checkout", late=half) for half in (False, True))
    assert late - early > 0.10
    early, late = (_share("web: ID check", "call_center: Phone order", late=half) for half in (False, True))
    assert early - late > 0.03


def test_the_chatbot_hands_over_to_agents_less_in_the_second_half() -> None:
    early, late = (_share("chat: Chatbot", "chat: Agent chat", late=half) for half in (False, True))
    assert early - late > 0.08
    early, late = (_share("chat: Chatbot", "call_center: Support call", late=half) for half in (False, True))
    assert late - early > 0.05


def test_a_failed_id_check_makes_people_leave() -> None:
    bought, tries = Counter(), Counter()
    for events in journeys().values():
        for place, event in enumerate(events):
            if event.touchpoint == "web: ID check":
                result = event.properties["result"]
                tries[result] += 1
                bought[result] += any(one.name == "Order Completed" for one in events[place:])
                break
    assert bought["failed"] / tries["failed"] < 0.8 * bought["passed"] / tries["passed"]


def test_a_bill_shock_leads_to_a_billing_call() -> None:
    calls, bills = Counter(), Counter()
    for events in journeys().values():
        for place, event in enumerate(events):
            if event.touchpoint == "app: View bill":
                shock = event.properties["amount"] > 1.5 * event.properties["usual"]
                soon = [one for one in events[place:] if one.occurred < event.occurred + 2 * DAY]
                bills[shock] += 1
                calls[shock] += any(one.touchpoint == "call_center: Billing call" for one in soon)
    assert calls[True] / bills[True] > 3 * calls[False] / bills[False]


def test_emotions_fall_at_the_complaint_and_rise_at_the_store() -> None:
    felt = defaultdict(list)
    for event, _ in once():
        if (emotion := event.properties.get("emotion")) is not None:
            assert emotion in (-2, -1, 0, 1, 2)
            felt[event.touchpoint].append(emotion)
    mean = {touchpoint: sum(told) / len(told) for touchpoint, told in felt.items() if len(told) >= 15}
    assert mean["call_center: Complaint"] < -1
    assert mean["chat: Chatbot"] < -0.3
    assert mean["store: Store advice"] > 0.8
    assert mean["web: Order placed"] > 0.8


def test_surveys_are_answered_from_0_to_10() -> None:
    told = [event.properties["nps"] for event, _ in once() if event.name == "Survey Answered"]
    assert min(told) >= 0
    assert max(told) == 10
    assert 4 < sum(told) / len(told) < 9


def test_people_leave_and_who_has_left_is_not_heard_any_more() -> None:
    left = 0
    for events in journeys().values():
        gone = [event.occurred for event in events if event.touchpoint == "web: Cancelled"]
        left += bool(gone)
        assert not gone or events[-1].occurred == gone[0]
    assert 0.01 < left / len(journeys()) < 0.12


def test_people_are_awake_when_they_act() -> None:
    hours = Counter((event.occurred // HOUR + 1) % 24 for event, _ in once() if event.channel == "app")
    assert sum(hours[hour] for hour in range(2, 7)) < 0.02 * hours.total()


def test_consent_topics_and_revenue_are_told() -> None:
    consent, topics, revenue = Counter(), Counter(), 0
    for event, _ in once():
        consent.update(event.consent.items())
        topics.update(event.topics)
        revenue += event.properties.get("revenue", 0)
    for purpose in ("analytics", "advertising", "email", "sms", "personal_offers"):
        assert consent[purpose, True]
    assert consent["email", False]
    assert consent["advertising", False]
    assert {"plans/unlimited", "phones/android/pixel", "help/billing", "extras/data"} <= set(topics)
    assert revenue > 50_000


# ------------------------------------------------------------------ live


def test_the_feed_comes_when_due_at_about_the_asked_rate() -> None:
    start = END + 5 * HOUR
    feed = tideline.live(seed=5, customers=600, rate_per_minute=60, start=start)
    batches = list(islice(feed, 6_000))
    assert all(due == batch.received for due, batch in batches)
    assert all(a[0] <= b[0] for a, b in pairwise(batches))
    minutes = (batches[-1][0] - start) / (60 * SECOND)
    assert 45 < sum(len(batch.people) for _, batch in batches) / minutes < 80


def test_the_feed_sleeps_at_night_when_nobody_hurries_it() -> None:
    midnight = END // DAY * DAY - ZONE_HOURS * HOUR
    feed = tideline.live(seed=5, customers=2_000, start=midnight)
    hours = Counter((due - midnight) // HOUR for due, _ in islice(feed, 2_000))
    assert sum(hours[hour] for hour in range(3, 7)) < 0.1 * sum(hours[hour] for hour in range(12, 16))


def test_who_lived_in_the_history_lives_on_and_newcomers_arrive() -> None:
    life = tideline.begin(seed=5, customers=200, days=20, end=END)
    past = {msg for batch in life.history() for msg in re.findall(rb'"messageId":"([^"]+)"', batch.body)}
    now, people = [], set()
    for due, batch in islice(life.live(END + DAY, rate_per_minute=100), 4_000):
        assert due >= END + DAY
        now += re.findall(rb'"messageId":"([^"]+)"', batch.body)
        people |= set(batch.people)
    fresh = [id for id in now if id not in past]
    assert len(fresh) > 0.97 * len(now), "all but a few resent ones are new"
    assert any(person >= 200 for person in people)
    assert sum(0 <= person < 200 for person in people) > 60


def test_the_feed_is_the_same_for_the_same_seed_and_new_for_another_start() -> None:
    def ids(start: int) -> list[bytes]:
        feed = islice(tideline.live(seed=5, customers=50, rate_per_minute=60, start=start), 200)
        return [id for _, batch in feed for id in re.findall(rb'"messageId":"([^"]+)"', batch.body)]

    assert ids(END) == ids(END)
    assert not set(ids(END)) & set(ids(END + DAY))


@pytest.mark.parametrize("to", ["web: Plan page", "phone"])
def test_who_is_drawn_somewhere_goes_there_next(to: str) -> None:
    shown = Shown(placement="web: Home page", action="look", topic="plans", value=1.0, leads_to=to)
    life = tideline.resume(seed=5, customers=200, start=END)
    feed = life.live(END, rate_per_minute=60)
    waiting: dict[int, int] = {}
    went = Counter[bool]()
    for due, batch in islice(feed, 3_000):
        number = batch.people[0]
        body = msgspec.json.decode(batch.body)
        name = body.get("event") or body.get("batch", [{}])[0].get("event")
        if number in waiting and due > waiting[number] + 2 * SECOND:
            went[name == ("Plan Viewed" if "Plan" in to else "Phone Viewed")] += 1
            del waiting[number]
        elif number not in waiting and life.show(number, shown, due).response == "positive":
            waiting[number] = due
    assert went.total() > 20
    assert went[True] > 0.6 * went.total()


def test_who_is_gone_sees_nothing() -> None:
    life = tideline.resume(seed=5, customers=5, start=END)
    assert not life.show(99, Shown(placement="web: Home page", action="x"), END).seen
    assert life.person(99) is None
