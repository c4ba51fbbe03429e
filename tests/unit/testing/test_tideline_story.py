"""What Tideline's customers live through is what its story says."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

from harken.testing.tideline import places
from harken.words import DAY
from unit.testing.simulated import END, HOUR, configuration, journeys, once


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
