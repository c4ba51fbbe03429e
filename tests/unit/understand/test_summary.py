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
from harken.words import Config, Stage, Touchpoint
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
    """B is in 4 of 5; behind it C is in 3. The one that comes to B and not to C is on no line of its own: two of five are
    asked for."""
    found = asked(*ways("ABC", "ABXC", "BC", "BA", "X"), least=0.4)
    tree = {path: (n, ends) for path, n, ends in found["tree"].select("path", "journeys", "ends").iter_rows()}
    assert tree == {"": (5, 2), B: (4, 0), f"{B} > {C}": (3, 3)}
    assert found["lines"].select("line", "journeys", "told", "wholly").rows() == [
        ("B → C", 3, 2, 1),
        ("something else", 2, 0, 0),
    ]
    assert found.totals["told"] == 2  # ABXC has four steps, the line names two
    assert found.totals["begun_share"] == 0.6
    assert found.totals["steps_share"] == 6 / 12
    assert found["tree"]["median_seconds"].to_list() == [None, None, 60]
    told = "1 line tells 2 of 5 journeys by their touchpoints (1 of them wholly); the most frequent is B → C: 3."
    assert found.caption == told


def test_how_much_is_enough_can_be_said() -> None:
    half = asked(*ways("ABC", "ABXC", "BC", "BA", "X"), least=0.4, enough=0.5)
    assert half.totals["told"] == 3
    assert asked(*ways("ABC", "ABXC", "BC", "BA", "X"), least=0.4, enough=1.0).totals["told"] == 1


def test_of_two_that_as_many_come_to_the_earlier_is_taken() -> None:
    found = asked(*ways("BA", "BA", "XBA"), least=1.0)
    assert found["tree"]["path"].to_list() == ["", B, f"{B} > {A}"]


def test_what_comes_early_is_not_jumped_over_for_what_a_few_more_come_to() -> None:
    """All five end at C, four begin with A: C first would leave nothing more to tell."""
    found = asked(*ways("ABC", "ABC", "ABC", "ABC", "C"), least=0.1)
    assert found["lines"]["line"].to_list() == ["A → B → C", "C"]
    assert found.totals["wholly_share"] == 1


def test_there_are_no_more_lines_than_asked_for_and_the_strongest_are_made() -> None:
    """A longer line is no further line: none stays on A."""
    found = asked(*ways("AB", "AB", "AB", "C", "C", "X"), lines=2, least=0.01)
    assert found["lines"]["line"].to_list() == ["A → B", "C", "something else"]
    assert found.caption.startswith("2 lines tell 5 of 6 journeys")


def test_a_step_made_again_and_again_makes_no_lines() -> None:
    found = asked(*ways("AAAAAAB", "AB", "AAAB"))
    assert found["lines"]["line"].to_list() == ["A → B"]
    kept = asked(*ways("AAA", "AAA", "A"), repeats="keep", least=0.3)
    assert kept["lines"].select("line", "journeys").rows() == [("A → A → A", 2), ("A", 1)]


def test_nothing_one_event_and_nothing_in_common() -> None:
    assert asked().caption == "Nobody made a step in this period."
    assert asked(("ada", 0, A)).totals["told_share"] == 1
    found = asked(*ways("A", "B", "C", "X"), least=0.5)
    assert found.caption == "The 4 journeys have too little in common to be told in a few lines."
    assert found["lines"]["line"].to_list() == ["something else"]


def test_bad_questions_say_what_would_be_right() -> None:
    wrong = {"least": (0.0, "more than 0"), "lines": (0, "from 1 to 500"), "enough": (2.0, "at most 1")}
    for name, (value, told) in {**wrong, "level": ("town", "auto, touchpoint")}.items():
        with pytest.raises(Invalid, match=told):
            asked(*ways("A"), **{name: value})


# ---------------------------------------------------------------------- most journeys are told


def lived(seed: int, customers: int = 400) -> list[tuple]:
    """Customers who go one of eight ways, leave out a step now and then, and do something else in between."""
    chance = random.Random(seed)
    typical = [chance.sample("ABCDEFGHIJKLMNOPQRST", chance.randint(3, 6)) for _ in range(8)]
    rows = []
    for customer in range(customers):
        way = [step for step in chance.choice(typical) if chance.random() > 0.05]
        for place in range(len(way), -1, -1):
            if chance.random() < 0.05:
                way.insert(place, chance.choice("ABCDEFGHIJKLMNOPQRST"))
        rows += [(f"p{customer}", at * MINUTE, f"web: {step}") for at, step in enumerate(way)]
    return rows


@pytest.mark.parametrize("seed", range(8))
def test_a_dozen_lines_tell_most_journeys_where_people_go_some_ways(seed: int) -> None:
    found = asked(*lived(seed))
    assert found.totals["lines"] <= 12
    assert found.totals["told_share"] > 0.5
    assert found.totals["level"] == "touchpoint"


def test_journeys_that_differ_in_their_touchpoints_are_told_by_their_stages() -> None:
    """Forty places, each met by few, in two stages."""
    chance = random.Random(1)
    config = Config(
        touchpoints=tuple(Touchpoint(id=f"web: {n}", stage="see" if n < 20 else "buy") for n in range(40)),
        stages=(Stage(id="see", name="See"), Stage(id="buy", name="Buy")),
    )
    rows = [
        (f"p{one}", at * MINUTE, f"web: {chance.randrange(20) + (20 if at > 2 else 0)}")
        for one in range(300)
        for at in range(chance.choice([2, 5]))
    ]
    question = SummaryQuestion()
    found = answer(journeys_of(frame(log(*rows)), config, question), About(catalogue=config), question)
    assert found.totals["level"] == "stage"
    assert found.totals["wholly_share"] == 1
    assert {*found["lines"]["line"]} == {"See", "See → Buy"}
    assert "2 lines tell 300 of 300 journeys by their stages" in found.caption
    plain = Config(touchpoints=config.touchpoints[:20])  # half of the steps are in no stage
    found = answer(journeys_of(frame(log(*rows)), plain, question), About(catalogue=plain), question)
    assert found.totals["level"] == "touchpoint"


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
    while True:
        ranked = []
        for turn, (path, rest) in enumerate(waiting):
            for node in {node for way in rest for node in way}:
                mine = [way for way in rest if node in way]
                if len(mine) < question.least * len(ways):
                    continue
                key = (sum(len(way) - 2 * way.index(node) for way in mine), -order[node], len(mine))
                ranked.append((key, -turn, path, node))
        best = {}
        for key, turn, path, node in ranked:
            if turn not in best or key > best[turn][0]:
                best[turn] = (key, path, node)
        allowed = [(key[2], turn, path, node) for turn, (key, path, node) in best.items()]
        if not allowed:
            break
        count, turn, path, node = max(allowed)
        rest = waiting[-turn][1]
        waiting[-turn] = ((), [])
        if len({*lines_by_hand({**made, (*path, node): count}, question, len(ways)).values()} - {()}) > question.lines:
            continue
        mine = [way[way.index(node) + 1 :] for way in rest if node in way]
        made[(*path, node)] = count
        waiting += [((*path, node), mine), (path, [way for way in rest if node not in way])]
    return made


def lines_by_hand(made: dict, question: SummaryQuestion, every: int) -> dict:
    """branch -> the branch whose line those are on who end there: where too few would be, the one above."""
    ends = {path: n - sum(more for other, more in made.items() if other[:-1] == path) for path, n in made.items()}
    line = {}
    for path in sorted(made, key=len, reverse=True):
        line[path] = path
        if not ends[path] or ends[path] < question.least * every:
            line[path] = path[:-1]
            ends[path[:-1]] = ends.get(path[:-1], 0) + ends[path]
    for path in sorted(made, key=len):
        line[path] = line.get(line[path], line[path])
    return line


questions = st.fixed_dictionaries(
    {
        "until": st.none() | st.integers(30 * DAY + 1, 60 * DAY),
        "journey": st.sampled_from(["life", "visit"]),
        "level": st.sampled_from(["touchpoint", "stage", "channel"]),
        "repeats": st.sampled_from(["keep", "collapse", "first"]),
        "least": st.sampled_from([0.01, 0.1, 0.3]),
        "enough": st.sampled_from([0.3, 0.6, 1.0]),
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
    assert found.totals["lines"] <= question.lines
    assert found.totals["wholly"] <= found.totals["told"] <= found.totals["begun"]
    placed = {" > ".join(line) for line in lines_by_hand(dict(wanted), question, journeys.journeys).values()}
    assert {*found["lines"].filter(pl.col("step") > 0)["path"]} <= placed
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
