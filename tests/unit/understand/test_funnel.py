"""Funnels of tiny logs counted by hand, and of random logs against a twin that tries every chain there is."""

from __future__ import annotations

import itertools
import random
from collections import Counter, defaultdict
from statistics import median

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.errors import Invalid
from harken.understand import About, Answer, MapQuestion, journeys_of, map_of
from harken.understand.questions.funnel import ANALYSIS, FunnelQuestion, answer, customers
from harken.understand.statistics import kaplan_meier
from harken.words import Config
from unit.understand.logs import DAY, MINUTE, by_chance, catalogue, frame, log
from unit.understand.oracle import linear

A, B, C, X = "web: A", "web: B", "web: C", "web: X"


def asked(*rows: tuple, steps: tuple[str, ...] = (A, B), config: Config | None = None, **more: object) -> Answer:
    question = FunnelQuestion(steps=steps, **more)  # type: ignore[arg-type]
    journeys = journeys_of(frame(log(*rows)), config or Config(), question)
    return answer(journeys, About(catalogue=config or Config()), question)


def reached(found: Answer, what: str = "customers") -> list:
    return found["steps"][what].to_list()


def instead(found: Answer) -> dict:
    return {(step, next): n for step, next, n in found["instead"].select("step", "next", "customers").iter_rows()}


def test_chains_that_do_not_overlap_are_counted_in_all_by_journeys_that_end_with_the_last_step() -> None:
    """ada buys three times, twice after looking, and looks once more; bob looks twice and buys once."""
    rows = (
        ("ada", 0, A), ("ada", 1, B), ("ada", 2, A), ("ada", 3, A), ("ada", 4, B), ("ada", 5, B), ("ada", 6, A),
        ("bob", 0, A), ("bob", 1, A), ("bob", 2, B),
    )  # fmt: skip
    once, every = asked(*rows), asked(*rows, journey="goal", goal=(B,))
    assert reached(once) == reached(every) == [2, 2]
    assert reached(every, "journeys") == [4, 3]


def test_who_gets_how_far_and_how_fast() -> None:
    """ada goes A X B, bob A and stops, cy never comes to A."""
    found = asked(
        ("ada", 0, A), ("ada", MINUTE, X), ("ada", 10 * MINUTE, B),
        ("bob", 0, A), ("bob", MINUTE, X),
        ("cy", 0, B), ("cy", 1, X),
        now=30 * DAY,
    )  # fmt: skip
    assert reached(found) == [2, 1]
    assert reached(found, "dropped") == [1, 0]
    assert reached(found, "median_seconds") == [0, 600]
    assert instead(found) == {(1, X): 1}
    assert found.caption == f"1 of 2 who began went all the way; most of the lost stopped after {A}: 1 of 1."
    assert found.totals["share"] == found.totals["mature_share"] == found.totals["expected"] == 0.5


def test_the_same_step_twice_needs_two_events() -> None:
    assert reached(asked(("ada", 0, A), steps=(A, A))) == [1, 0]
    assert reached(asked(("ada", 0, A), ("ada", 0, A), steps=(A, A))) == [1, 1]
    assert reached(asked(("ada", 0, A), steps=(A, A), mode="any")) == [1, 0]
    assert reached(asked(("ada", 0, A), ("ada", 5, A), steps=(A, A), mode="strict")) == [1, 1]


def test_an_event_that_can_be_several_steps_is_only_one_of_them() -> None:
    """B can be step 1, 2 or 3 of these: two events make two steps, whichever way they lie."""
    steps = ("web: *", f"{A} | {B}", B)
    for mode in ("ordered", "any"):
        assert reached(asked(("ada", 0, B), ("ada", 0, B), steps=steps, mode=mode)) == [1, 1, 0]
        assert reached(asked(("ada", 0, B), ("ada", 0, B), ("ada", 0, A), steps=steps, mode=mode)) == [1, 1, 1]


def test_an_event_at_the_edge_of_the_window_is_within() -> None:
    assert reached(asked(("ada", 0, A), ("ada", 7 * DAY, B))) == [1, 1]
    late = asked(("ada", 0, A), ("ada", 7 * DAY + 1, B), now=30 * DAY)
    assert reached(late) == [1, 0]
    assert reached(late, "late") == reached(late, "dropped") == [1, 0]
    assert instead(late) == {(1, "END"): 1}


def test_the_latest_start_counts_not_the_first() -> None:
    """The first A is too old for C, the second is not; the time is that of the second."""
    found = asked(("ada", 0, A), ("ada", 3 * DAY, A), ("ada", 4 * DAY, B), ("ada", 9 * DAY, C), steps=(A, B, C))
    assert reached(found) == [1, 1, 1]
    assert reached(found, "median_seconds") == [0, DAY / 1e6, 6 * DAY / 1e6]
    assert reached(found, "previous_median_seconds") == [None, DAY / 1e6, 5 * DAY / 1e6]


def test_a_later_start_that_got_less_far_does_not_hide_the_chain_before() -> None:
    assert reached(asked(("ada", 0, A), ("ada", 1, B), ("ada", 2, A), ("ada", 3, C), steps=(A, B, C))) == [1, 1, 1]


def test_strict_lets_nothing_come_between() -> None:
    rows = (("ada", 0, A), ("ada", 1, X), ("ada", 2, B))
    assert reached(asked(*rows)) == [1, 1]
    assert reached(asked(*rows, mode="strict")) == [1, 0]
    assert reached(asked(("ada", 0, A), ("ada", 1, A), ("ada", 2, B), mode="strict")) == [1, 1]


def test_any_order() -> None:
    found = asked(("ada", 0, B), ("ada", 1, X), ("ada", 5, A), ("bob", 0, B), ("bob", 8 * DAY, A), mode="any")
    assert reached(found) == [2, 1]
    assert found["steps"]["label"].to_list() == ["any 1 of 2", "any 2 of 2"]


def test_events_of_one_instant_help_unless_they_have_an_order() -> None:
    rows = (("ada", 5, B), ("ada", 5, A))
    found = asked(*rows)
    assert (reached(found), found.totals["n_tie_dependent"]) == ([1, 1], 1)
    found = asked(*rows, ties="order")
    assert (reached(found), found.totals["n_tie_dependent"]) == ([1, 0], 1)
    found = asked(("ada", 5, A), ("ada", 5, B), ties="order")
    assert (reached(found), found.totals["n_tie_dependent"]) == ([1, 1], 0)


def test_an_exclusion_voids_the_chain_and_another_may_begin() -> None:
    rows = (("ada", 0, A), ("ada", 1, X), ("ada", 2, B))
    assert reached(asked(*rows, exclude=(X,))) == [1, 0]
    assert reached(asked(*rows, ("ada", 3, A), ("ada", 4, B), exclude=(X,))) == [1, 1]
    assert reached(asked(*rows, mode="any", exclude=(X,))) == [1, 0]
    three = (("ada", 0, A), ("ada", 1, X), ("ada", 2, B), ("ada", 3, C))
    assert reached(asked(*three, steps=(A, B, C), exclude=(f"{X} between 2 and 3",))) == [1, 1, 1]
    assert reached(asked(*three, steps=(A, B, C), exclude=(f"{X} between 1 and 2",))) == [1, 0, 0]
    assert reached(asked(*three, steps=(A, B, C), exclude=(f"{X} between 1 and 3",))) == [1, 0, 0]


def test_whose_time_is_not_over_is_open_not_dropped() -> None:
    """ada's window is over, bob's is not, cy was through before hers was over. At exactly the window bob may still come."""
    found = asked(("ada", 0, A), ("bob", 10 * DAY, A), ("cy", 16 * DAY, A), ("cy", 16 * DAY + 1, B), until=17 * DAY)
    assert [reached(found, what) for what in ("customers", "dropped", "still_open", "mature")] == [
        [3, 1],
        [1, 0],
        [1, 0],
        [1, 0],
    ]
    assert instead(found) == {(1, "END"): 1, (1, "OPEN"): 1}
    assert reached(asked(("bob", 10 * DAY, A), until=17 * DAY + 1), "still_open") == [0, 0]


def test_a_chain_lies_within_one_visit() -> None:
    rows = (("ada", 0, A), ("ada", DAY, B))
    assert reached(asked(*rows)) == [1, 1]
    found = asked(*rows, journey="visit")
    assert (reached(found), reached(found, "dropped")) == ([1, 0], [1, 0])
    found = asked(*rows, ("ada", 2 * DAY, A), ("ada", 2 * DAY + 1, B), journey="visit")
    assert (reached(found), reached(found, "journeys")) == ([1, 1], [2, 1])


def test_without_a_window_who_is_still_here_is_open() -> None:
    found = asked(("ada", 0, A), ("ada", 90 * DAY, B), ("bob", 0, A), ("cy", 90 * DAY, A), window=None)
    assert (reached(found), reached(found, "still_open"), reached(found, "dropped")) == ([3, 1], [1, 0], [1, 0])


def test_a_funnel_nobody_began_and_logs_of_nothing() -> None:
    for rows in ((), (("ada", 0, X),)):
        found = asked(*rows)
        assert reached(found) == [0, 0]
        assert found.caption == f"Nobody came to {A} in this period."
        assert found.to_dict()["totals"]["share"] is None  # type: ignore[index,call-overload]


def test_what_is_not_shown_of_what_they_did_is_others_and_opens() -> None:
    rows = [(f"p{n}", at, place) for n in range(4) for at, place in ((0, A), (1, f"web: {min(n, 2)}"))]
    found = asked(*rows, limit=1, now=30 * DAY)
    assert instead(found) == {(1, "web: 2"): 2, (1, "OTHER"): 2}
    question = FunnelQuestion(steps=(A, B), limit=1, now=30 * DAY)
    journeys = journeys_of(frame(log(*rows)), Config(), question)
    others = customers(journeys, About(catalogue=Config()), question, {"table": "instead", "step": 1, "next": "OTHER"})
    assert sorted(others) == ["p0", "p1"]


def test_bad_questions_say_what_would_be_right() -> None:
    for wrong, told in (
        ({"steps": ()}, "1 to 20"),
        ({"mode": "sideways"}, "ordered, strict, any"),
        ({"ties": "none"}, "any, order"),
        ({"window": -1}, "length of time"),
        ({"exclude": ("web: X between 2 and 5",)}, "steps go from 1 to 2"),
        ({"exclude": ("web: X between 1 and 2",), "mode": "any"}, "any order"),
        ({"steps": (A, "stage:")}, "names no place"),
    ):
        with pytest.raises(Invalid, match=told):
            asked(("ada", 0, A), **wrong)


# ---------------------------------------------------------------------- by chance, against a twin


def chains_of(  # noqa: C901  # a twin in one piece
    events: list[dict], steps: list[set], window: int, mode: str, ties: str, barred: list[tuple]
) -> dict:
    """depth -> [(finish, start, end)] of every chain of these events (a whole journey in order), by trying them all."""
    found = defaultdict(list)

    def between(a: int, b: int) -> list[int]:
        if ties == "any" or mode == "any":
            low, high = events[a]["occurred"], events[b]["occurred"]
            return [n for n, event in enumerate(events) if low < event["occurred"] < high]
        return list(range(a + 1, b))

    def go_on(chain: tuple[int, ...]) -> None:
        times = [events[n]["occurred"] for n in chain]
        found[len(chain)].append((chain[-1] if ties == "order" else times[-1], times[0], times[-1]))
        if len(chain) == len(steps):
            return
        for n, event in enumerate(events):
            if n in chain or event["touchpoint"] not in steps[len(chain)]:
                continue
            if event["occurred"] < times[-1] or (ties == "order" and n < chain[-1]):
                continue
            if event["occurred"] - times[0] > window:
                continue
            inside = between(chain[-1], n)
            if mode == "strict" and inside:
                continue
            if any(events[m]["touchpoint"] == x and a <= len(chain) < b for m in inside for x, a, b in barred):
                continue
            go_on((*chain, n))

    def pick(rest: set[int], chain: tuple[int, ...]) -> None:
        if chain:
            times = [events[n]["occurred"] for n in chain]
            if max(times) - min(times) > window:
                return
            first, last = (
                min(chain, key=lambda n: times[chain.index(n)]),
                max(chain, key=lambda n: times[chain.index(n)]),
            )
            if any(events[m]["touchpoint"] == x for m in between(first, last) for x, _, _ in barred):
                return
            found[len(chain)].append((max(times), min(times), max(times)))
        for step in rest:
            for n, event in enumerate(events):
                if n not in chain and event["touchpoint"] in steps[step]:
                    pick({other for other in rest if other > step}, (*chain, n))

    if mode == "any":
        pick(set(range(len(steps))), ())
    else:
        for n, event in enumerate(events):
            if event["touchpoint"] in steps[0]:
                go_on((n,))
    return found


PLACES = ["web: A", "web: B", "web: C", "web: X"]
PATTERNS = [*PLACES, "web: A | web: B", "web: *"]


def small(seed: int, size: int) -> list[dict]:
    """Few places, many ties."""
    chance = random.Random(seed)
    rows = []
    at = {f"p{n}": chance.randrange(3) for n in range(4)}
    for _ in range(size):
        who = f"p{chance.randrange(4)}"
        at[who] += chance.choice([0, 0, 1, 1, 2, 5])
        rows.append((who, at[who], chance.choice(PLACES)))
    return log(*rows)


def meant(pattern: str) -> set[str]:
    return set(PLACES) if pattern == "web: *" else set(pattern.split(" | "))


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(0, 34),
    st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=4),
    st.sampled_from(["ordered", "strict", "any"]),
    st.sampled_from(["any", "order"]),
    st.sampled_from([0, 1, 4, 9]),
    st.sampled_from([(), ("web: X",), ("web: X between 2 and 3", "web: C between 1 and 2")]),
)
def test_a_funnel_equals_every_chain_tried(
    seed: int, size: int, patterns: list[str], mode: str, ties: str, window: int, exclude: tuple[str, ...]
) -> None:
    k = len(patterns)
    if mode == "any" or k < 3:
        exclude = tuple(one for one in exclude if "between" not in one)
    barred = [
        (text[:6], *((int(text[-7]), int(text[-1])) if "between" in text else (1, max(2, k)))) for text in exclude
    ]
    events = small(seed, size)
    question = FunnelQuestion(
        steps=tuple(patterns), mode=mode, ties=ties, window=window, exclude=exclude, until=25, limit=0
    )  # type: ignore[arg-type]
    journeys = journeys_of(frame(events), Config(), question)
    found = answer(journeys, About(catalogue=Config()), question)
    by_customer = defaultdict(list)
    for event in events:
        if event["occurred"] < 25:
            by_customer[event["profile"]].append(event)
    steps = [meant(pattern) for pattern in patterns]
    depths, tie, since = Counter(), 0, defaultdict(list)
    for mine in by_customer.values():
        mine.sort(key=lambda event: (event["occurred"], event["seq"]))
        tried = {way: chains_of(mine, steps, window, mode, way, barred) for way in ("any", "order")}
        depth = max(tried[ties], default=0)
        tie += depth != max(tried["order" if ties == "any" else "any"], default=0)
        depths[depth] += 1
        for step in range(1, depth + 1):
            first = min(finish for finish, _, _ in tried[ties][step])
            since[step].append(min(end - start for finish, start, end in tried[ties][step] if finish == first))
    assert reached(found) == [sum(n for depth, n in depths.items() if depth >= step) for step in range(1, k + 1)]
    assert found.totals["n_tie_dependent"] == tie
    for step in range(2, k + 1):
        row = found["steps"].row(step - 1, named=True)
        assert row["median_seconds"] == (pytest.approx(median(since[step]) / 1e6) if since[step] else None)
        assert row["p90_seconds"] == (pytest.approx(linear(since[step], 0.9)) if since[step] else None)


questions = st.fixed_dictionaries(
    {
        "since": st.none() | st.integers(0, 30 * DAY),
        "until": st.none() | st.integers(30 * DAY + 1, 60 * DAY),
        "journey": st.sampled_from(["life", "visit"]),
        "background": st.sampled_from([(), ("web: Ad",)]),
        "level": st.sampled_from(["touchpoint", "stage", "channel"]),
        "repeats": st.sampled_from(["keep", "collapse", "first"]),
        "mode": st.sampled_from(["ordered", "strict", "any"]),
        "ties": st.sampled_from(["any", "order"]),
        "window": st.sampled_from([None, MINUTE, DAY, 7 * DAY]),
        "limit": st.sampled_from([0, 1, 2]),
        "exclude": st.sampled_from([(), ("web: Sign-up",)]),
    }
)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 80), questions)
def test_numbers_of_a_funnel_agree_with_one_another_with_the_map_and_with_the_people(
    seed: int, size: int, asked: dict
) -> None:
    events = by_chance(seed, size, customers=12)
    question = FunnelQuestion(steps=("web: Ad", "web: *", "stage:buy"), segments=("even", "odd"), **asked)
    journeys = journeys_of(frame(events), catalogue(), question)
    people = [f"p{n}" for n in range(12)]
    members = {"even": pl.Series(people[::2]), "odd": pl.Series(people[1::2])}
    about = About(catalogue=catalogue(), members=members)
    found = answer(journeys, about, question)
    rows = found["steps"].to_dicts()
    for row, after in itertools.pairwise(rows):
        assert row["customers"] == after["customers"] + row["dropped"] + row["still_open"]
        assert row["late"] <= row["dropped"]
    for row in rows:
        for what in ("customers", "dropped", "still_open", "late", "mature"):
            both = found["segments"].filter(pl.col("step") == row["step"])[what].sum()
            who = customers(journeys, about, question, {"table": "steps", "step": row["step"], "what": what})
            assert row[what] == both == who.len() == who.n_unique()
    for row in found["instead"].to_dicts():
        who = customers(journeys, about, question, {"table": "instead", **row})
        assert who.len() == row["customers"]
    stayed = [row["dropped"] + row["still_open"] for row in rows[:-1]]
    told = dict(found["instead"].group_by("step").agg(pl.col("customers").sum()).iter_rows())
    assert [told.get(step + 1, 0) for step in range(2)] == stayed
    assert found.totals["entered"] == sum(found.totals[name] for name in ("converted", "dropped", "still_open"))
    if asked["mode"] != "any" and asked["level"] == "touchpoint":
        drawn = map_of(journeys, catalogue(), MapQuestion(**{name: asked[name] for name in ("level", "repeats")}))
        node = drawn.nodes.filter(pl.col("id") == "web: Ad")["customers"].sum()
        assert rows[0]["customers"] == node
    random.Random(seed).shuffle(events)
    parts = [frame([one for one in events if int(one["profile"][1:]) % 3 == part]) for part in range(3)]
    again = answer(journeys_of(parts, catalogue(), question), about, question)
    assert again.to_dict() == found.to_dict()


def test_the_expected_share_is_that_of_kaplan_and_meier() -> None:
    """Half of those whose time is over came within two days; those still under way count for as long as they were seen."""
    rows = [(f"p{n}", n * DAY // 2, A) for n in range(40)]
    rows += [(f"p{n}", n * DAY // 2 + 2 * DAY, B) for n in range(0, 40, 2)]
    found = asked(*rows, until=20 * DAY)
    took = [2 * DAY] * len([n for n in range(0, 40, 2) if n * DAY // 2 + 2 * DAY < 20 * DAY])
    seen = [20 * DAY - n * DAY // 2 for n in range(40) if n * DAY // 2 >= 13 * DAY]
    seen = [one for n, one in zip(range(26, 40), seen, strict=True) if n % 2 or n * DAY // 2 + 2 * DAY >= 20 * DAY]
    never = 40 - len(took) - len(seen)
    durations = pl.Series([*took, *seen, *[100 * DAY] * never]).to_numpy()
    curve = kaplan_meier(durations, pl.Series([True] * len(took) + [False] * (len(seen) + never)).to_numpy())
    assert found["steps"]["expected"][1] == pytest.approx(1 - curve.at(7 * DAY)[0])
    assert found["times"]["share"].to_list() == pytest.approx([1 - curve.at(7 * DAY)[0]])
    assert reached(found) == [40, len(took)]


def test_the_question_is_found_by_its_name_and_its_examples_are_asked() -> None:
    assert ANALYSIS.name == "funnel"
    assert all("steps" in example for example in ANALYSIS.examples)
