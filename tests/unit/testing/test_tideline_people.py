"""Who is behind Tideline's events: people, devices they share, those nobody can tell."""

from __future__ import annotations

from collections import defaultdict

from harken.testing import tideline
from unit.testing.simulated import END, heard, once


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
