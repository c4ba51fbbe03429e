"""Journeys in, personas out: groups of journeys that look alike, each with its size, its typical journey and what is special.

**What a journey looks like**: the shares of its steps at each node (the 40 of most steps; all others are one), of its moves (the
40 most frequent between them), and its pace: typical time between steps, how much that varies, number of steps. Shares enter by
their roots, so that a rare node counts too; nodes, moves and pace weigh the same. Goals are left out: personas would only
restate them. Journeys of fewer than three steps say too little and are told apart.

**Groups** by k-means, the same every time (`harken.understand.clusters`), on at most `sample` journeys, chosen by who the
customer is; then every journey goes to the nearest. **How many**: the most that come back each time when customers are drawn
again (adjusted Rand index of at least `stable`); none: one persona. `personas` sets the number. **Unassigned**: farther from the center than three times
the middle spread beyond the upper quarter (Tukey's far out); it is like nobody.

**Typical journey**: the one nearest to the center (medoid). **Special**: nodes most over-represented (lift: the share of the
persona's journeys there, by the share of all). **Known for**: channels, stages, interests and traits its customers have more
often than all (`harken.understand.describing`); they are told, not used to form the groups. Personas describe journeys; they
are no causes of anything.

**Later**: the table `centers` holds all that is needed to say of one journey which persona it is of
(`harken.understand.assigning`), the same every time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from harken.errors import Invalid
from harken.logs import Ints
from harken.understand import shapes
from harken.understand.analysis import About, Analysis, Answer, Table, header_of
from harken.understand.assigning import CENTERS, SHORT, UNASSIGNED, centers_of
from harken.understand.describing import COLUMNS as KNOWN
from harken.understand.describing import known_for
from harken.understand.goals import goal_places
from harken.understand.grouping import DRAWN, RESAMPLES, SHORTEST, Groups, groups_of, medoid
from harken.understand.journeys import Journeys, Part, Scope
from harken.understand.levels import Nodes, nodes_of
from harken.understand.matched import Sums
from harken.understand.result import Column, duration
from harken.understand.statistics import Z95, wilson
from harken.words import SECOND

SUPPORT = 0.1  # of a persona's journeys, for a node to be called special
SHOWN = 12  # steps of a typical journey


class PersonasQuestion(Scope, frozen=True, kw_only=True):
    """Groups of journeys that look alike."""

    personas: int = 0  # how many; 0: as many as come back when customers are drawn again
    most: int = 8  # personas at most
    stable: float = 0.8  # adjusted Rand index from which groups count as coming back
    sample: int = 20_000  # journeys the groups are formed on; all are then assigned
    goals: tuple[str, ...] = ()  # what counts as success, told for each persona; none: the company's goals

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        super().check()
        if self.personas < 0 or self.personas == 1 or self.most < 2 or self.most > 20:
            raise Invalid("`personas` is 0 (found by stability) or at least 2, `most` from 2 to 20")
        if not 0 < self.stable <= 1:
            raise Invalid("`stable` is an adjusted Rand index: above 0, at most 1")
        if self.sample < 100:
            raise Invalid("`sample` is a number of journeys: at least 100")


def answer_of(journeys: Journeys, about: About, question: PersonasQuestion) -> Answer:
    """The personas, the largest first; what is special about each; how sure their number is."""
    question.check()
    nodes = nodes_of(journeys, about.catalogue, question.level, question.opened)
    groups = groups_of(journeys, nodes, question)
    goal = goal_places(journeys.places, about.catalogue, question.goals)
    visits, rows = _rows(groups, nodes, goal)
    special = _special(visits, rows, nodes, groups.k)
    known = known_for(journeys, about, groups, _names(groups))
    rows = _told(rows, special, known, groups, nodes)
    in_personas = int(rows.filter(~pl.col("persona").is_in([UNASSIGNED, SHORT]))["journeys"].sum())
    tried = pl.DataFrame(
        [(one.k, one.mean, one.least, "chosen" if one.k == groups.k else "") for one in groups.tried],
        schema={"k": pl.Int64, "rand": pl.Float64, "least": pl.Float64, "chosen": pl.String},
        orient="row",
    )
    return Answer(
        analysis="personas",
        question=question,
        header=header_of("personas", journeys, about, question),
        caption=_caption(rows, known, groups, journeys, question.stable),
        totals={
            "customers": journeys.customers,
            "journeys": journeys.journeys,
            "personas": groups.k,
            "journeys_in_personas": in_personas,
            "far": groups.far,
        },
        tables={
            "personas": Table(frame=rows, columns=COLUMNS, title="Personas", note=NOTE),
            "special": Table(frame=special, columns=SPECIAL, title="What is special"),
            "known": Table(frame=known, columns=KNOWN, title="What they are known for", note=KNOWN_NOTE),
            "stability": Table(
                frame=tried,
                columns=TRIED,
                title="How many there are for sure",
                note=STABLE.format(drawn=DRAWN, times=RESAMPLES, stable=question.stable),
            ),
            "centers": Table(frame=centers_of(groups, nodes), columns=CENTERS, title="What journeys are assigned by"),
        },
    )


def customers_of(journeys: Journeys, about: About, question: PersonasQuestion, row: Mapping[str, Any]) -> pl.Series:
    """The customers with a journey of a persona (`persona`)."""
    if row.get("table", "personas") != "personas" or "persona" not in row:
        raise Invalid("customers stand behind rows of the table personas, named by `persona`")
    question.check()
    groups = groups_of(journeys, nodes_of(journeys, about.catalogue, question.level, question.opened), question)
    names = _names(groups)
    wanted = names.index(str(row["persona"])) if str(row["persona"]) in names else -1
    people = [
        part.profiles.gather(np.unique(part.customer[group == wanted]).astype(np.int64))
        for part, group in zip(groups.parts, groups.group, strict=True)
    ]
    return pl.concat([pl.Series("profile", [], dtype=pl.String), *(one.alias("profile") for one in people)]).sort()


def _names(groups: Groups) -> list[str]:
    return [*(f"P{one + 1}" for one in range(groups.k)), UNASSIGNED, SHORT]


# ---------------------------------------------------------------------- what they are like


def _rows(groups: Groups, nodes: Nodes, goal: Any) -> tuple[Ints, pl.DataFrame]:
    """By persona: sizes, pace, emotion, goals; and how many of its journeys were at each node."""
    size = groups.k + 2
    visits, felt, reached = np.zeros((size, len(nodes)), np.int64), np.zeros((size, 3)), np.zeros(size, np.int64)
    customers = np.zeros(size, np.int64)
    for part, group in zip(groups.parts, groups.group, strict=True):
        shapes.looks(part.off, part.place, part.emotion, group, nodes.of_place, goal, visits, felt, reached)
        pairs = np.unique(part.customer.astype(np.int64) * size + group)
        customers += np.bincount(pairs % size, minlength=size)
    group = np.concatenate(groups.group) if groups.group else np.empty(0, np.int64)
    steps = np.concatenate([np.diff(part.off) for part in groups.parts]) if groups.parts else group
    lasted = np.concatenate([part.ended - part.began for part in groups.parts]) if groups.parts else group
    rows = []
    for number, name in enumerate(_names(groups)):
        mine = group == number
        if not (count := int(mine.sum())):
            continue
        low, high = wilson(int(reached[number]), count)
        rows.append({
            "persona": name, "journeys": count, "customers": int(customers[number]), "share": count / len(group),
            "median_steps": float(np.median(steps[mine])), "median_seconds": float(np.median(lasted[mine])) / SECOND,
            **_emotion(felt[number]), "goal": reached[number] / count if goal.any() else None,
            "goal_low": low if goal.any() else None, "goal_high": high if goal.any() else None,
        })  # fmt: skip
    return visits, pl.DataFrame(rows, schema=ROWS)


def _emotion(felt: Sums) -> dict[str, float | int | None]:
    n, total, squares = (float(one) for one in felt)
    if not n:
        return {"emotion_n": 0, "emotion": None, "emotion_low": None, "emotion_high": None}
    mean = total / n
    half = Z95 * float(np.sqrt(max(0.0, squares / n - mean * mean) / (n - 1))) if n > 1 else None
    return {
        "emotion_n": int(n),
        "emotion": mean,
        "emotion_low": None if half is None else mean - half,
        "emotion_high": None if half is None else mean + half,
    }


def _special(visits: Ints, rows: pl.DataFrame, nodes: Nodes, k: int) -> pl.DataFrame:
    """persona, id, label, share, share_all, lift; the most special first."""
    sizes = dict(rows.select("persona", "journeys").iter_rows())
    names = [f"P{one + 1}" for one in range(k)]
    told = []
    every = sum(sizes.get(name, 0) for name in [*names, UNASSIGNED])
    for number, name in enumerate(names):
        for node, one in enumerate(nodes.nodes):
            overall = visits[: k + 1, node].sum() / max(1, every)
            share = visits[number, node] / max(1, sizes.get(name, 0))
            if share >= SUPPORT and overall > 0:
                told.append((name, one.id, one.label, int(visits[number, node]), share, overall, share / overall))
    schema = {"persona": pl.String, "id": pl.String, "label": pl.String, "journeys": pl.Int64, "share": pl.Float64,
              "share_all": pl.Float64, "lift": pl.Float64}  # fmt: skip
    frame = pl.DataFrame(told, schema=schema, orient="row")
    order = pl.col("persona").str.slice(1).cast(pl.Int64)
    return frame.sort(order, -pl.col("lift").round(9), -pl.col("share"), "id").group_by("persona", maintain_order=True).head(8)  # fmt: skip


def _told(rows: pl.DataFrame, special: pl.DataFrame, known: pl.DataFrame, groups: Groups, nodes: Nodes) -> pl.DataFrame:
    """With a name, the typical journey and words for each."""
    names, labels, typical, words, who = _names(groups), [], [], [], []
    for row in rows.iter_rows(named=True):
        apart = row["persona"] in (UNASSIGNED, SHORT)
        part, journey, key = (0, -1, (0.0, "", 0)) if apart else medoid(groups, names.index(row["persona"]))
        typical.append(_way(groups.parts[part], journey, nodes) if journey >= 0 else "")
        who.append(key[1])
        mine = special.filter((pl.col("persona") == row["persona"]) & (pl.col("lift") > 1.05)).head(3)
        first = mine["label"].to_list()
        labels.append({UNASSIGNED: "Like no persona", SHORT: "Fewer than 3 steps"}.get(row["persona"], " & ".join(first[:2]) or "Everybody"))  # fmt: skip
        words.append(_words(row, mine, known.filter(persona=row["persona"])))
    return rows.with_columns(
        pl.Series("label", labels, dtype=pl.String),
        pl.Series("typical", typical, dtype=pl.String),
        pl.Series("medoid", who, dtype=pl.String),
        pl.Series("words", words, dtype=pl.String),
    )


def _words(row: Mapping[str, Any], special: pl.DataFrame, known: pl.DataFrame) -> str:
    first = _like(row, known)
    told = [*([first[0].upper() + first[1:]] if first else []), f"{row['journeys']:,} journeys ({row['share']:.0%}), {row['median_steps']:.0f} steps in {duration(row['median_seconds'])}"]  # fmt: skip
    if special.height:
        more = [f"{label} ({lift:.1f}x)" for label, lift in special.select("label", "lift").iter_rows()]
        told.append(f"more often at {', '.join(more)}")
    if row["emotion"] is not None:
        told.append(f"emotion {row['emotion']:+.2f}")
    if row["goal"] is not None:
        told.append(f"{row['goal']:.0%} with a goal")
    return "; ".join(told) + "."


def _like(row: Mapping[str, Any], known: pl.DataFrame) -> str:
    """What they are like: "mostly app, mainly in Use, interested in extras/data, more often plan: Unlimited, calm"."""
    if row["persona"] in (UNASSIGNED, SHORT):
        return ""
    told = []
    for kind, most, some in LIKE:
        mine = known.filter(kind=kind)
        if kind in ("channel", "stage"):  # one of several: the one most steps are at
            mine = mine.sort("share", descending=True).head(1)
        for word, found in ((most, mine.filter(pl.col("share") >= HALF)), (some, mine.filter(pl.col("share") < HALF))):
            if labels := found["label"].head(2).to_list():
                told.append(word.format(" and ".join(labels)))
    if row["emotion"] is not None:
        told.append(next(word for least, word in FEELS if row["emotion"] >= least))
    return ", ".join(told)


def _way(part: Part, journey: int, nodes: Nodes) -> str:
    """Its nodes one after another, several in a row told once."""
    steps = nodes.of_place[part.place[part.off[journey] : part.off[journey + 1]]]
    kept = steps[np.append(True, steps[1:] != steps[:-1])]
    more = f" → … {len(kept) - SHOWN} more" if len(kept) > SHOWN else ""
    return " → ".join(nodes.labels[one] for one in kept[:SHOWN]) + more


def _caption(rows: pl.DataFrame, known: pl.DataFrame, groups: Groups, journeys: Journeys, stable: float) -> str:
    if not journeys.journeys:
        return "Nobody made a step in this period."
    if groups.k == 0:
        return f"No journey is long enough: personas need journeys of at least {SHORTEST} steps."
    if groups.k == 1:
        return "Journeys do not fall into groups that come back when customers are drawn again: there is one persona."
    sure = next((one.least for one in groups.tried if one.k == groups.k), None)
    first = rows.row(0, named=True)
    like = _like(first, known.filter(persona=first["persona"]))
    again = (
        f", which {'come' if sure >= stable else 'do not always come'} back when customers are drawn again (adjusted Rand at least {sure:.2f})"
        if sure is not None
        else ""
    )
    return f"There are {groups.k} personas{again}; the largest, {first['label']} ({like or 'like all'}), makes {first['share']:.0%} of journeys."


ROWS: dict[str, Any] = {
    "persona": pl.String, "journeys": pl.Int64, "customers": pl.Int64, "share": pl.Float64, "median_steps": pl.Float64,
    "median_seconds": pl.Float64, "emotion_n": pl.Int64, "emotion": pl.Float64, "emotion_low": pl.Float64,
    "emotion_high": pl.Float64, "goal": pl.Float64, "goal_low": pl.Float64, "goal_high": pl.Float64,
}  # fmt: skip
HALF = 0.5
LIKE = (  # of at least half of them, or of fewer but more than of others
    ("channel", "mostly {}", "more {} than others"),
    ("stage", "mainly in {}", "more in {} than others"),
    ("interest", "interested in {}", "more often interested in {}"),
    ("trait", "{}", "more often {}"),
)
FEELS = ((0.4, "pleased"), (0.0, "calm"), (-0.3, "uneasy"), (-2.0, "annoyed"))  # from this mean emotion on
KNOWN_NOTE = (
    "Of channels and stages the share of steps, of interests and traits the share of customers (up to 5,000 are looked at). "
    "Shown is what is more often than of all, beyond chance. It is told, not used to form the groups."
)
STABLE = "{drawn:,} journeys at most, drawn again {times} times by their customers. Taken: the most personas of which the least is {stable:g} or more."
NOTE = (
    "Goals and emotion are told, not used to form the groups. The number beside a place: times as often as everybody."
)
COLUMNS = (
    Column("persona", "Persona", "text"),
    Column("label", "Known by", "text"),
    Column("journeys", "Journeys"),
    Column("customers", "Customers"),
    Column("share", "Share", "share"),
    Column("median_steps", "Steps"),
    Column("median_seconds", "Lasts", "seconds"),
    Column("emotion", "Emotion", "score"),
    Column("goal", "With a goal", "share"),
    Column("typical", "Typical journey", "text"),
    Column("words", "In words", "text"),
)
SPECIAL = (
    Column("persona", "Persona", "text"),
    Column("label", "Touchpoint", "text"),
    Column("journeys", "Journeys there"),
    Column("share", "Of the persona", "share"),
    Column("share_all", "Of all", "share"),
    Column("lift", "Times as often", "score"),
)
TRIED = (
    Column("k", "Personas"),
    Column("rand", "Adjusted Rand (mean)", "score"),
    Column("least", "Least", "score"),
    Column("chosen", "Taken", "text"),
)
ANALYSIS = Analysis(
    name="personas",
    title="Personas",
    summary="Groups of journeys that look alike and come back when customers are drawn again: size, typical journey, words.",
    question=PersonasQuestion,
    answer=answer_of,
    examples=({}, {"personas": 3}, {"level": "stage", "journey": "visit"}),
    customers=customers_of,
)
