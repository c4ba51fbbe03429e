"""Work in the background tells how far it is, in what it counts: events, customers, parts of the lake."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console
from rich.progress import Progress

from harken.cli.screen import Bar
from harken.hub import Hub
from harken.hub.jobs import Job
from harken.hub.settler import settler
from harken.stores.lake.settling import Settling
from stories.hub.telling import NOW, did, hear, publish, segment

EVENTS, CUSTOMERS = 12, 3


def fill(hub: Hub) -> None:
    """Twelve events of three customers, settled in four steps, so that the lake is tidied too."""
    for turn in range(4):
        hear(hub, *[did("Seen", NOW + turn * 10 + number, user=f"u{number}") for number in range(3)])
        hub.settle()


def told(hub: Hub, name: str) -> tuple[int, int, str]:
    [job] = [one for one in hub.jobs.list() if one.name == name]
    return job.done, job.total, job.unit


def test_every_job_counts_in_its_own_unit(hub: Hub) -> None:
    seen: list[Job] = []
    hub.jobs.report = seen.append
    fill(hub)
    assert told(hub, "settle") == (3, 3, "events")
    assert told(hub, "compact") == (16, 16, "parts")
    publish(hub, "touchpoint", id="web: Seen it", channel="web", match=[{"name": "Seen"}])
    hub.jobs.run_wanted()
    assert told(hub, "relabel") == (EVENTS, EVENTS, "events")
    segment(hub, "seen", {"event": "Seen"})
    hub.jobs.run_wanted()
    assert told(hub, "rejudge") == (CUSTOMERS, CUSTOMERS, "customers")
    publish(hub, "key", id="email", priority=21, quarantine=9)
    hub.jobs.run_wanted()
    assert told(hub, "reidentify") == (CUSTOMERS, CUSTOMERS, "customers")
    assert all(one.unit for one in seen)


@pytest.mark.parametrize(
    ("job", "words", "unit"),
    [
        (Job(name="compact", unit="parts", done=11, total=16), "tidying the lake", "parts of the lake"),
        (Job(name="rejudge", unit="customers", done=5, total=9), "judging everybody anew", "customers"),
        (Job(name="one of a plug-in", unit="tons", done=1), "one of a plug-in", "tons"),
    ],
)
def test_a_bar_at_the_terminal_says_what_it_counts(job: Job, words: str, unit: str) -> None:
    """Also where one bar shows several jobs after one another."""
    with Progress(console=Console(file=StringIO(), force_terminal=True)) as shown:
        bar = Bar(shown, "settling into the lake", "events")
        bar.job(Job(name="settle", unit="events", done=1, total=2))
        bar.job(job)
        [task] = shown.tasks
        assert (task.description, task.fields["unit"]) == (words, unit)
        assert (task.completed, task.total) == (job.done, job.total or None)


def test_what_is_settled_elsewhere_is_indexed_there_before_it_counts(hub: Hub) -> None:
    hear(hub, did("Plan Viewed", user="ada"), did("Plan Bought", user="bob"))
    index = hub.core.lake.index

    def prepare(limit: int) -> Settling | None:
        before = {*index.glob("*.arrow")}
        [made] = settler(lambda: hub)(limit)
        if made is not None:
            assert {*index.glob("*.arrow")} > before
        return made

    assert hub.settle(prepare) == 2
    assert hub.settle(prepare) == 0
