"""Who met a touchpoint, and when: the customers behind every number of the journey map."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harken.errors import Invalid
from harken.hub import Hub
from harken.testing import tideline
from harken.words import DAY, Micros

END: Micros = 20_500 * DAY
PERIODS = [
    (None, None),
    (END - 6 * DAY, None),
    (None, END - 6 * DAY),
    (END - 9 * DAY, END - 3 * DAY),
    (0, DAY),
]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Some of Tideline's customers, half of what they did in the lake and half in the tail."""
    with Hub.open(tmp_path_factory.mktemp("met"), clock=lambda: END) as opened:
        opened.documents.apply(tideline.CONFIGURATION, by="tideline", reason="the simulated phone company")
        batches = [tideline.raw(one) for one in tideline.history(seed=3, customers=60, days=12, end=END)]
        opened.hear(batches[: len(batches) // 2])
        opened.settle()
        opened.hear(batches[len(batches) // 2 :])
        yield opened


@pytest.mark.parametrize("segment", ["", "app_users"])
@pytest.mark.parametrize(("since", "until"), PERIODS)
def test_as_many_met_a_touchpoint_as_the_map_of_the_period_counts(
    hub: Hub, since: Micros | None, until: Micros | None, segment: str
) -> None:
    nodes = hub.journeys.map(since=since, until=until, segment=segment).nodes
    counted = dict(nodes.select("id", "customers").iter_rows())
    for one in hub.touchpoints():
        met = hub.journeys.met(one.touchpoint, since=since, until=until)
        listed = hub.profiles(segment=segment, among=met, limit=500).data
        assert len(listed) == counted.pop(one.touchpoint, 0)
    assert not counted


def test_a_period_begins_with_its_first_instant_and_ends_before_its_last(hub: Hub) -> None:
    rare = min((one for one in hub.touchpoints() if one.customers), key=lambda one: one.customers)
    whole = hub.journeys.met(rare.touchpoint)
    assert hub.journeys.met(rare.touchpoint, since=rare.first, until=rare.last + 1) == whole
    assert hub.journeys.met(rare.touchpoint, until=rare.first) == set()
    assert hub.journeys.met(rare.touchpoint, since=rare.last + 1) == set()


def test_what_happens_in_the_future_has_not_happened(hub: Hub) -> None:
    used = hub.touchpoints()[0].touchpoint
    assert hub.journeys.met(used, since=END + 1) == set()


def test_a_period_that_is_empty_is_refused(hub: Hub) -> None:
    with pytest.raises(Invalid, match="since"):
        hub.journeys.met("web: Home", since=END, until=END)
