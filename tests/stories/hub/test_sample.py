"""An empty hub and a wish to try it -> Tideline in it; a hub that has heard anything refuses."""

from __future__ import annotations

import pytest

from harken.errors import Conflict
from harken.hub.sample import CUSTOMERS, DAYS
from stories.hub.telling import Place, Places, did, hear


def test_an_empty_hub_takes_the_sample_and_says_how_far_it_is(place: Place) -> None:
    hub = place.open()
    assert hub.sample.look().empty
    assert hub.sample.load(by="ada").state == "loading"
    hub.tick()
    looked = hub.sample.look()
    assert (looked.empty, looked.state) == (False, "loaded")
    (job,) = [one for one in hub.jobs.list() if one.name == "sample"]
    assert (job.done, job.total, job.ended > 0) == (DAYS, DAYS, True)
    with hub.core.read() as view:
        assert view.counts()["profiles"] > CUSTOMERS / 2
    assert all(one.mapped for one in hub.touchpoints())
    assert hub.documents.get("touchpoint", "web: Plan page")[0].by == "ada"


def test_a_hub_that_has_heard_something_refuses_the_sample(place_of: Places) -> None:
    hub = place_of().open()
    hear(hub, did("Visited", user="ada"))
    with pytest.raises(Conflict, match="only for an empty one"):
        hub.sample.load(by="ada")
    assert hub.sample.look().state == "none"
    assert not hub.documents.list("touchpoint")


def test_nobody_loads_the_sample_twice(place_of: Places) -> None:
    hub = place_of().open()
    hub.sample.load(by="ada")
    with pytest.raises(Conflict, match="being loaded already"):
        hub.sample.load(by="ada")
    hub.tick()
    with pytest.raises(Conflict, match="loaded already"):
        hub.sample.load(by="ada")


def test_a_sample_that_was_cut_off_goes_on_after_a_restart_and_counts_nothing_twice(place_of: Places) -> None:
    whole, place = place_of().open(), place_of()
    whole.sample.load(by="ada")
    whole.tick()
    hub = place.open()
    hub.sample.load(by="ada")
    hub.jobs.report = lambda job: hub.jobs.stop() if job.name == "sample" and job.done > DAYS / 2 else None
    hub.tick()
    assert hub.sample.look().state == "loading"
    again = place.again(hub)
    again.tick()
    assert again.sample.look().state == "loaded"
    with again.core.read() as view, whole.core.read() as other:
        assert view.counts()["events"] == other.counts()["events"]


def test_a_hub_that_is_being_filled_from_elsewhere_says_so_until_it_is_or_nobody_says_it_any_more(
    place_of: Places,
) -> None:
    filled, left = place_of().open(), place_of()
    filled.sample.coming()
    assert filled.sample.look().state == "loading"
    with pytest.raises(Conflict, match="being loaded already"):
        filled.sample.load(by="ada")
    filled.sample.came()
    assert filled.sample.look().state == "loaded"
    hub = left.open()
    hub.sample.coming()
    left.clock.forward(seconds=61)
    assert hub.sample.look().state == "none"
