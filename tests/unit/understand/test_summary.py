"""Summaries of tiny logs counted by hand, and of random logs against a plain twin of rank, divide, trim."""

from __future__ import annotations

import random
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.errors import Invalid
from harken.understand import About, Answer, Journeys, MapQuestion, journeys_of, map_of
from harken.understand.journeys import without_repeats
from harken.understand.levels import nodes_of
from harken.understand.questions.summary import SummaryQuestion, answer, customers
from harken.words import Config
from unit.understand.logs import DAY, MINUTE, by_chance, catalogue, frame, log

A, B, C, X = "web: A", "web: B", "web: C", "web: X"


def asked(*rows: tuple, **more: object) -> Answer:
    question = SummaryQuestion(**more)  # type: ignore[arg-type]
    journeys = journeys_of(frame(log(*rows)), Config(), question)
    return answer(journeys, About(catalogue=Config()), question)


def ways(*each: str) -> list[tuple]:
    """A journey for each text: its letters are the touchpoints, a minute apart."""
    return [(f"p{n}", at * MINUTE, f"web: {letter}") for n, way in enumerate(each) for at, letter in enumerate(way)]


def test_the_steps_most_have_in_common_make_the_lines() -> None:
    """B is in 4 of 5; behind it C is in 3; the other one is X."""
    found = asked(*ways("ABC", "ABXC", "BC", "BA", "X"), least=0.4)
    tree = {path: (n, ends) for path, n, ends in found["tree"].select("path", "journeys", "ends").iter_rows()}
    assert tree == {"": (5, 1), B: (4, 1), f"{B} > {C}": (3, 3)}
    lines = dict(found["lines"].select("line", "journeys").iter_rows())
    assert lines == {"B → C": 3, "B": 1, "something else": 1}
    assert found.totals["told_share"] == 0.6
    assert found.totals["begun_share"] == 0.8
    assert found.totals["steps_share"] == 7 / 12
    assert found["tree"]["median_seconds"].to_list() == [None, None, 60]
    assert found.caption == "1 line tells 3 of 5 journeys; the most frequent is B → C: 3."


def test_of_two_that_as_many_come_to_the_earlier_is_taken() -> None:
    found = asked(*ways("BA", "BA", "XBA"), least=1.0)
    assert found["tree"]["path"].to_list() == ["", B, f"{B} > {A}"]


def test_there_are_no_more_lines_than_asked_for_and_the_strongest_are_made() -> None:
    found = asked(*ways("AB", "AB", "AB", "C", "C"), lines=2, least=0.01)
    assert found["tree"]["path"].to_list() == ["", A, f"{A} > {B}"]


def test_nothing_one_event_and_nothing_in_common() -> None:
    assert asked().caption == "Nobody made a step in this period."
    assert asked(("ada", 0, A)).totals["told_share"] == 1
    found = asked(*ways("A", "B", "C", "X"), least=0.5)
    assert found.caption == "The 4 journeys have too little in common to be told in a few lines."
    assert found["lines"]["line"].to_list() == ["something else"]


def test_bad_questions_say_what_would_be_right() -> None:
    for wrong, told in (({"least": 0.0}, "more than 0"), ({"lines": 0}, "from 1 to 500")):
        with pytest.raises(Invalid, match=told):
            asked(*ways("A"), **wrong)


# ---------------------------------------------------------------------- by chance, against a twin


def by_hand(journeys: Journeys, question: SummaryQuestion) -> Counter:
    """path -> journeys, with lists; as many branches as asked for, the one of most journeys next."""
    nodes = nodes_of(journeys, catalogue(), question.level, question.opened)
    order = {id: n for n, id in enumerate(nodes.ids)}
    ways = []
    for whole in journeys.parts:
        part = without_repeats(whole, nodes.of_place, question.repeats)
        ways += [[nodes.ids[nodes.of_place[place]] for place in part.place[a:b]]
                 for a, b in zip(part.off[:-1], part.off[1:], strict=True)]  # fmt: skip
    made: Counter = Counter()
    waiting = [((), ways)]
    for _ in range(question.lines):
        ranked = []
        for turn, (path, rest) in enumerate(waiting):
            for node in {node for way in rest for node in way}:
                mine = [way for way in rest if node in way]
                key = (len(mine), -sum(way.index(node) for way in mine), -order[node])
                ranked.append((key, -turn, path, node))
        best = {}
        for key, turn, path, node in ranked:
            if turn not in best or key > best[turn][0]:
                best[turn] = (key, path, node)
        allowed = [
            (key[0], turn, path, node)
            for turn, (key, path, node) in best.items()
            if key[0] >= question.least * len(ways)
        ]
        if not allowed:
            break
        count, turn, path, node = max(allowed)
        rest = waiting[-turn][1]
        waiting[-turn] = ((), [])
        mine = [way[way.index(node) + 1 :] for way in rest if node in way]
        made[(*path, node)] = count
        waiting += [((*path, node), mine), (path, [way for way in rest if node not in way])]
    return made


questions = st.fixed_dictionaries(
    {
        "until": st.none() | st.integers(30 * DAY + 1, 60 * DAY),
        "journey": st.sampled_from(["life", "visit"]),
        "level": st.sampled_from(["touchpoint", "stage", "channel"]),
        "repeats": st.sampled_from(["keep", "collapse", "first"]),
        "least": st.sampled_from([0.01, 0.1, 0.3]),
        "lines": st.sampled_from([1, 3, 12, 40]),
    }
)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 60), questions)
def test_a_summary_equals_the_plain_twin_and_its_numbers_agree(seed: int, size: int, asked: dict) -> None:
    question = SummaryQuestion(**asked)
    events = by_chance(seed, size)
    journeys = journeys_of(frame(events), catalogue(), question)
    about = About(catalogue=catalogue())
    found = answer(journeys, about, question)
    wanted = by_hand(journeys, question)
    told = dict(found["tree"].filter(pl.col("step") > 0).select("path", "journeys").iter_rows())
    assert told == {" > ".join(path): n for path, n in wanted.items()}
    assert found["lines"]["journeys"].sum() == journeys.journeys == found.totals["journeys"]
    for name in ("tree", "lines"):
        for row in found[name].to_dicts():
            assert customers(journeys, about, question, {"table": name, **row}).len() == row["customers"]
    if found["tree"].height > 1 and question.repeats != "collapse":
        first = found["tree"].row(1, named=True)
        drawn = map_of(journeys, catalogue(), MapQuestion(level=question.level, repeats=question.repeats))
        assert first["customers"] == drawn.nodes.filter(pl.col("id") == first["node"])["customers"][0]
    random.Random(seed).shuffle(events)
    parts = [frame([one for one in events if int(one["profile"][1:]) % 3 == part]) for part in range(3)]
    assert answer(journeys_of(parts, catalogue(), question), about, question).to_dict() == found.to_dict()
