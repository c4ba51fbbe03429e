"""Paths of tiny logs counted by hand, and of random logs against a plain twin; what flows in flows out."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from statistics import median

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.errors import Invalid
from harken.understand import About, Answer, Journeys, MapQuestion, journeys_of, map_of
from harken.understand.journeys import without_repeats
from harken.understand.levels import matching, nodes_of
from harken.understand.questions.paths import PathsQuestion, answer, customers
from harken.words import Config
from unit.understand.logs import DAY, MINUTE, by_chance, catalogue, frame, log

A, B, C = "web: A", "web: B", "web: C"
LEAVES = {"START", "BEFORE", "END", "OPEN", "MORE"}
ROWS = (
    ("ada", 0, A), ("ada", 10 * MINUTE, B), ("ada", 12 * MINUTE, A),
    ("bob", 0, A), ("bob", 30 * MINUTE, B),
    ("cy", 99 * DAY, C), ("cy", 99 * DAY + 1, A),
)  # fmt: skip


def asked(*rows: tuple, config: Config | None = None, **more: object) -> Answer:
    question = PathsQuestion(**more)  # type: ignore[arg-type]
    journeys = journeys_of(frame(log(*rows)), config or Config(), question)
    return answer(journeys, About(catalogue=config or Config()), question)


def tree(found: Answer, *columns: str) -> dict:
    told = found["tree"].select("path", *(columns or ("walks",)))
    return {path: values[0] if len(values) == 1 else tuple(values) for path, *values in told.iter_rows()}


def test_what_comes_after_the_beginning() -> None:
    found = asked(*ROWS, until=100 * DAY)
    assert tree(found) == {
        "": 3, A: 2, C: 1,
        f"{A} > {B}": 2, f"{C} > {A}": 1,
        f"{A} > {B} > {A}": 1, f"{A} > {B} > END": 1, f"{C} > {A} > OPEN": 1,
        f"{A} > {B} > {A} > END": 1,
    }  # fmt: skip
    assert tree(found, "median_seconds")[f"{A} > {B}"] == 20 * 60
    assert found["variants"].select("path", "walks", "coverage").row(0) == (f"{A} > {B} > END", 1, 1 / 3)
    assert found.totals == {"customers": 3, "walks": 3, "shown": 3, "covered": 3, "coverage": 1}


def test_what_came_before_the_end_and_where_it_began() -> None:
    found = asked(*ROWS, anchor="END", until=100 * DAY)
    assert tree(found) == {
        "": 2, A: 1, B: 1, f"{A} > {B}": 1, f"{B} > {A}": 1,
        f"{A} > {B} > {A}": 1, f"{B} > {A} > START": 1, f"{A} > {B} > {A} > START": 1,
    }  # fmt: skip
    assert tree(asked(*ROWS, anchor="OPEN", depth=1, until=100 * DAY)) == {"": 1, A: 1, f"{A} > MORE": 1}


def test_around_a_place_the_first_last_or_each_time() -> None:
    after = {
        which: tree(asked(*ROWS, anchor=A, occurrence=which, depth=1, until=100 * DAY))
        for which in ("first", "last", "each")
    }
    assert after["first"] == {"": 3, B: 2, "OPEN": 1, f"{B} > END": 1, f"{B} > MORE": 1}
    assert after["last"] == {"": 3, "END": 1, "OPEN": 1, B: 1, f"{B} > END": 1}
    assert after["each"] == {"": 4, B: 2, "END": 1, "OPEN": 1, f"{B} > END": 1, f"{B} > MORE": 1}
    each = asked(*ROWS, anchor=A, occurrence="each", until=100 * DAY)["tree"].row(0, named=True)
    assert (each["customers"], each["walks"]) == (3, 4)
    before = tree(asked(*ROWS, anchor=A, direction="before", occurrence="last", depth=1, until=100 * DAY))
    assert before == {"": 3, B: 1, C: 1, "START": 1, f"{B} > MORE": 1, f"{C} > START": 1}


def test_other_opens_and_a_longer_beginning_begins_the_tree() -> None:
    rows = [(f"p{n}", at, place) for n in range(6) for at, place in ((0, A), (1, f"web: {min(n, 4)}"), (2, C))]
    cut = asked(*rows, limit=1, now=90 * DAY)
    assert tree(cut) == {
        "": 6,
        A: 6,
        f"{A} > web: 4": 2,
        f"{A} > OTHER": 4,
        f"{A} > web: 4 > {C}": 2,
        f"{A} > web: 4 > {C} > END": 2,
    }
    opened = asked(*rows, prefix=(A,), limit=0, depth=1, now=90 * DAY)
    assert tree(opened)["web: 0"] == 1
    assert tree(opened)[""] == 6
    assert opened["tree"]["label"][0] == f"begins > {A}"
    assert tree(asked(*rows, prefix=(A, "nowhere"), now=90 * DAY)) == {"": 0}


def test_bad_questions_say_what_would_be_right() -> None:
    for wrong, told in (
        ({"occurrence": "second"}, "first, last, each"),
        ({"direction": "up"}, "after, before"),
        ({"depth": 0}, "from 1 to 30"),
        ({"limit": -1}, "negative"),
        ({"least": 2.0}, "share"),
        ({"anchor": "stage:"}, "names no place"),
    ):
        with pytest.raises(Invalid, match=told):
            asked(*ROWS, **wrong)


def test_nothing_and_one_event() -> None:
    assert asked().caption == "Nobody came past begins in this period."
    assert tree(asked()) == {"": 0}
    assert tree(asked(("ada", 5, A))) == {"": 1, A: 1, f"{A} > OPEN": 1}


def test_long_walks_through_many_places_are_told_apart() -> None:
    """A walk of 30 steps among hundreds of places needs more than one number; still equal walks only are one."""
    chance = random.Random(3)
    ways = [[f"web: {chance.randrange(400)}" for _ in range(35)] for _ in range(30)]
    rows = [(f"p{n}", at, place) for n in range(90) for at, place in enumerate(ways[n % 30])]
    found = asked(*rows, depth=30, variants=0, now=90 * DAY)
    assert found["variants"]["walks"].to_list() == [3] * 30
    assert set(found["variants"]["path"]) == {" > ".join([*way[:30], "MORE"]) for way in ways}


# ---------------------------------------------------------------------- by chance, against a twin


def walks_by_hand(journeys: Journeys, question: PathsQuestion) -> list[tuple[str, list[str], list[int | None]]]:
    """(customer, nodes with how it ends, time before each) of every walk, from lists."""
    nodes = nodes_of(journeys, catalogue(), question.level, question.opened)
    edge = question.anchor in ("START", "BEFORE", "END", "OPEN")
    anchors = [] if edge else matching(journeys.places, catalogue(), question.anchor)
    back = question.anchor in ("END", "OPEN") or (not edge and question.direction == "before")
    found = []
    for whole in journeys.parts:
        part = without_repeats(whole, nodes.of_place, question.repeats)
        for j, customer in enumerate(part.customer):
            span = range(part.off[j], part.off[j + 1])
            at = [nodes.ids[nodes.of_place[part.place[n]]] for n in span]
            when = [int(part.occurred[n]) for n in span]
            first, last = "BEFORE" if part.truncated[j] else "START", "OPEN" if part.open[j] else "END"
            places = [n for n in range(len(at)) if not edge and anchors[part.place[span[n]]]]
            if edge:
                places = [-1] if question.anchor == first else [len(at)] if question.anchor == last else []
            elif question.occurrence != "each":
                places = places[:1] if question.occurrence == "first" else places[-1:]
            for place in places:
                order = range(place - 1, -1, -1) if back else range(place + 1, len(at))
                walk = [at[n] for n in order] + [first if back else last]
                gaps = [abs(when[n] - when[n + (1 if back else -1)]) if 0 <= n + (1 if back else -1) < len(at) else None
                        for n in order] + [None]  # fmt: skip
                k = len(question.prefix)
                if tuple(walk[:k]) != question.prefix or len(walk) == k:
                    continue
                walk, gaps = walk[k:], gaps[k:]
                if len(walk) > question.depth + 1:
                    walk, gaps = [*walk[: question.depth], "MORE"], [*gaps[: question.depth], None]
                found.append((part.profiles[int(customer)], walk, gaps))
    return found


questions = st.fixed_dictionaries(
    {
        "since": st.none() | st.integers(0, 30 * DAY),
        "until": st.none() | st.integers(30 * DAY + 1, 60 * DAY),
        "journey": st.sampled_from(["life", "visit"]),
        "level": st.sampled_from(["touchpoint", "stage", "channel"]),
        "repeats": st.sampled_from(["keep", "collapse", "first"]),
        "anchor": st.sampled_from(["START", "BEFORE", "END", "OPEN", "web: Ad", "stage:buy", "web: *"]),
        "occurrence": st.sampled_from(["first", "last", "each"]),
        "direction": st.sampled_from(["after", "before"]),
        "depth": st.integers(1, 4),
        "prefix": st.sampled_from([(), (), ("web: Ad",), ("buy",), ("web",)]),
    }
)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 80), questions)
def test_paths_equal_the_plain_twin(seed: int, size: int, asked: dict) -> None:
    question = PathsQuestion(**asked, limit=0, variants=0)
    journeys = journeys_of(frame(by_chance(seed, size)), catalogue(), question)
    found = answer(journeys, About(catalogue=catalogue()), question)
    people, times, count = defaultdict(set), defaultdict(list), Counter()
    links, variants = Counter(), Counter()
    for who, walk, gaps in walks_by_hand(journeys, question):
        for step in range(len(walk) + 1):
            path = " > ".join(walk[:step])
            people[path].add(who)
            count[path] += 1
            if step and gaps[step - 1] is not None:
                times[path].append(gaps[step - 1])
        variants[" > ".join(walk)] += 1
        links.update((step + 1, [question.anchor, *walk][step], walk[step]) for step in range(len(walk)))
    count[""] += 0
    for row in found["tree"].to_dicts():
        path = row["path"]
        assert (row["walks"], row["customers"]) == (count.pop(path), len(people[path]))
        assert row["median_seconds"] == (pytest.approx(median(times[path]) / 1e6) if times[path] else None)
    assert not count
    assert {(a, b, c): n for a, b, c, n in found["links"].select("step", "from", "to", "walks").iter_rows()} == links
    assert dict(found["variants"].select("path", "walks").iter_rows()) == variants


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 80), questions, st.integers(1, 3), st.sampled_from([0.0, 0.1]))
def test_what_flows_in_flows_out_and_people_stand_behind_every_number(
    seed: int, size: int, asked: dict, limit: int, least: float
) -> None:
    question = PathsQuestion(**asked, limit=limit, least=least, variants=3)
    events = by_chance(seed, size)
    journeys = journeys_of(frame(events), catalogue(), question)
    about = About(catalogue=catalogue())
    found = answer(journeys, about, question)
    rows = {row["id"]: row for row in found["tree"].to_dicts()}
    below = Counter()
    for row in rows.values():
        if row["id"]:
            below[row["parent"]] += row["walks"]
    for id, row in rows.items():
        assert below[id] == (0 if (row["node"] in LEAVES and id) or row["kind"] == "other" else row["walks"])
    into, out = Counter(), Counter()
    for step, a, b, n in found["links"].select("step", "from", "to", "walks").iter_rows():
        into[step, b] += n
        out[step - 1, a] += n
    for row in found["nodes"].to_dicts():
        assert into[row["step"], row["node"]] == row["walks"]
        assert out[row["step"], row["node"]] == (0 if row["node"] in LEAVES else row["walks"])
    for name in ("tree", "nodes", "links", "variants"):
        for row in found[name].head(12).to_dicts():
            assert customers(journeys, about, question, {"table": name, **row}).len() == row["customers"], (name, row)
    if question.anchor in ("START", "BEFORE", "END", "OPEN") and not question.prefix and question.repeats != "collapse":
        drawn = map_of(journeys, catalogue(), MapQuestion(level=question.level, repeats=question.repeats))
        end, other = ("from", "to") if question.anchor in ("START", "BEFORE") else ("to", "from")
        wanted = dict(drawn.edges.filter(pl.col(end) == question.anchor).select(other, "customers").iter_rows())
        step = found["tree"].filter((pl.col("step") == 1) & (pl.col("node") != "OTHER"))
        assert all(wanted[node] == n for node, n in step.select("node", "customers").iter_rows())
    random.Random(seed).shuffle(events)
    parts = [frame([one for one in events if int(one["profile"][1:]) % 3 == part]) for part in range(3)]
    assert answer(journeys_of(parts, catalogue(), question), about, question).to_dict() == found.to_dict()
