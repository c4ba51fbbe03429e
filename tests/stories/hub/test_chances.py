"""What comes next for one customer: learned by the hub in the background, kept, looked up, and used in segments."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contracts.analyses import tideline_hub
from harken.errors import NotFound
from harken.hub import Hub
from harken.stores.lake import reading
from harken.understand import About, Scope, journeys_of
from harken.understand.foretelling import foretell
from harken.understand.questions.next_step import NextStepQuestion, model_of
from harken.words import DAY
from stories.hub.telling import HOUR, MINUTE, NOW, Place, Places, alias, did, hear, members, publish, segment

PLAN, BUY = "web: Plan page", "web: Order placed"


@pytest.fixture(scope="module")
def tideline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with tideline_hub(tmp_path_factory.mktemp("tideline")) as hub:
        hub.chances.learn()
        yield hub


def told(hub: Hub) -> None:
    """Places, a goal, and forty customers who see a plan: half of them order within the hour."""
    publish(hub, "touchpoint", id=PLAN, channel="web", match=[{"name": "Plan"}])
    publish(hub, "touchpoint", id=BUY, channel="web", match=[{"name": "Order"}])
    publish(hub, "goal", id="order", match=[{"name": "Order"}])
    for one in range(40):
        at = NOW - 30 * DAY + one * MINUTE
        hear(hub, did("Plan", at, user=f"u{one}"), *([did("Order", at + MINUTE, user=f"u{one}")] if one % 2 else []))


def test_a_chance_is_what_the_analysis_foretells_of_the_last_steps_in_the_log(tideline: Hub) -> None:
    """Of every customer: its last three steps out of the log, foretold by the model of the analysis."""
    core = tideline.core
    logs = reading(core.store, tideline.journeys.logs)
    question = NextStepQuestion(now=core.clock(), goals=("goal:order",))
    model = model_of(journeys_of(logs, tideline.config, question), About(catalogue=tideline.config), question)
    journeys = journeys_of(logs, tideline.config, Scope(now=core.clock()))
    names = journeys.places["touchpoint"].to_list()
    seen = 0
    for part in journeys.parts:
        for journey, customer in enumerate(part.customer.tolist()):
            begin, end = part.off[journey : journey + 2].tolist()
            moments = part.occurred[begin:end][-4:].tolist()
            if len({*moments}) < len(moments):
                continue  # at one instant the log knows an order that memory does not
            steps = [names[place] for place in part.place[begin:end][-3:]]
            found = tideline.chance(part.profiles[customer])
            assert [*found.after] == steps
            assert found.at == moments[-1]
            wanted = foretell(model, steps, whole=end - begin <= 3)
            assert found.leaves == pytest.approx(wanted.leaves)
            likely = [(one.touchpoint, one.chance) for one in found.next]
            assert likely == [(id, pytest.approx(chance)) for id, chance in [*wanted.next.items()][:5]]
            if core.clock() - moments[-1] < HOUR:
                assert found.goals["order"] == pytest.approx(wanted.goal)
            seen += 1
    assert seen > 100


def test_nothing_is_foretold_before_anything_was_learned(hub: Hub) -> None:
    hear(hub, did("Plan", user="ada"))
    found = hub.chance("user_id:ada")
    assert (found.model, found.next, found.leaves, found.goals) == (None, (), None, {})
    assert found.after
    with pytest.raises(NotFound):
        hub.chance("user_id:nobody")
    hear(hub, alias("user_id_of_old", "heard_of_only"))
    hub.chances.learn()
    assert hub.chance("user_id:heard_of_only").after == ()
    assert hub.chance("user_id:heard_of_only").goals == {}


def test_what_was_learned_lasts(place: Place) -> None:
    hub = place.open()
    told(hub)
    made = hub.chances.learn()
    assert made.goals == ("order",)
    assert made.steps == 60
    before = hub.chance("user_id:u2")
    hub = place.again(hub)
    assert hub.chances.model() == made
    assert hub.chance("user_id:u2") == before
    assert before.next[0].touchpoint == BUY


def test_who_has_just_done_what_others_did_before_a_goal_is_in_the_segment_until_silence_says_otherwise(
    place: Place,
) -> None:
    hub = place.open()
    told(hub)
    hub.chances.learn()
    segment(hub, "about_to_order", {"goal_chance": "order", "at_least": 0.3})
    hub.jobs.run_wanted()
    assert members(hub, "about_to_order") == set()  # all were silent for a month
    now = place.clock()
    hear(hub, did("Plan", now - MINUTE, user="new"), received=now)
    chance = hub.chance("user_id:new").goals["order"]
    assert chance is not None
    assert chance == pytest.approx(0.5, abs=0.05)
    assert members(hub, "about_to_order") == {"new"}
    tried = hub.segments.try_({"goal_chance": "order", "above": chance - 0.001})
    assert (tried.customers, tried.words) == (1, f"Customers whose chance of order is above {chance - 0.001}.")
    assert hub.segments.try_({"goal_chance": "order", "above": chance}).customers == 0
    place.clock.forward(hours=2)
    hub.tick(place.clock())
    assert members(hub, "about_to_order") == set()
    left = hub.chance("user_id:new").goals["order"]
    assert left is not None
    assert left < 0.15


def test_learning_anew_judges_everybody_who_is_in_a_segment_by_a_chance(hub: Hub, place: Place) -> None:
    told(hub)
    segment(hub, "about_to_order", {"goal_chance": "order", "at_least": 0.3})
    now = place.clock()
    hear(hub, did("Plan", now - MINUTE, user="new"), received=now)
    assert members(hub, "about_to_order") == set()  # learned when the goal was published, of nothing
    hub.chances.want()
    hub.tick(now)
    hub.tick(now)
    assert members(hub, "about_to_order") == {"new"}


def test_another_node_looks_up_what_this_one_learned(shared: Place) -> None:
    one, other = shared.open(), shared.open()
    told(one)
    segment(one, "about_to_order", {"goal_chance": "order", "at_least": 0.3})
    hear(other, did("Plan", NOW - 2 * DAY, user="old"))
    one.chances.learn()
    now = shared.clock()
    hear(other, did("Plan", now - MINUTE, user="new"), received=now)
    assert members(other, "about_to_order") == {"new"}
    assert other.chance("user_id:new").goals == one.chance("user_id:new").goals


def test_it_is_learned_once_a_day_and_when_there_is_much_more_to_learn_from(place_of: Places) -> None:
    place = place_of("sqlite")
    hub, clock = place.open(), place.clock
    hub.tick(clock())
    assert hub.chances.model() is None

    def many(number: int, day: int) -> None:
        hear(hub, *[did("Seen", NOW - 30 * DAY + day * DAY + one, user=f"u{one % 50}") for one in range(number)])

    def made() -> int:
        hub.tick(clock())  # how busy it is, is seen at one look
        hub.tick(clock())  # and at the next
        model = hub.chances.model()
        return model.steps if model else 0

    many(999, 0)
    assert made() == 0
    many(200, 1)
    assert made() == 1_199
    many(1_000, 2)
    assert made() == 1_199
    clock.forward(days=1)
    assert made() == 2_199
    many(2_000, 3)
    many(2_000, 4)
    many(2_600, 5)
    assert made() == 8_799


def test_a_job_tells_what_is_learned(sqlite_hub: Hub) -> None:
    told(sqlite_hub)
    sqlite_hub.chances.want()
    sqlite_hub.tick()
    [job] = [one for one in sqlite_hub.jobs.list() if one.name == "learn"]
    assert (job.done, job.total, job.unit) == (60, 60, "steps")
