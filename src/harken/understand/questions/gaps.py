"""Journeys in, silo gaps out: where customers fall between channels and systems, what it takes from them, and what it is worth.

Kinds of gap. A *side* is a channel (or a source, with `sides="source"`); `contacts` are places where somebody has to help.

- *channel_switch*: the last thing tried at a place that is no contact, then a contact on another side within `soon`.
- *repeated_contact*: a contact, then another on the same side within `long`.
- *dead_end*: a journey that ended within `long` of a step of intent, with no goal since: where its last step was. What the
  company sends is looked through, and who is still open has not left.
- *ping_pong*: from one side to another and back within `soon`; messages the company sends are looked through.
- *asked_twice*: a place that asks for something, and the same asked again within `long`, here or on another side; signing in
  again counts on another side within `soon`.
- *one_side*: a customer with a contact who was never seen on any other side: nobody there can know what came before.
- *known_late*: from a system to another side within `long`, when nobody could know yet that both were one customer: what links
  the two (a sign-in, an alias, a merge by hand) happened only later. The time is how long it took until then.
- *slow_handoff*: from one side to another within `long`, but slower than steps from the same place within the one side, and to
  the same place within the other, typically are; only between sides where that is so in the median. The time is the excess.
- *contradiction*: something that should not come after something else, as `contradictions` declares.

A switch is about the same topic: where both events tell topics (the property of the company's interests), one must be the
same, up to its first `/`; where one of them tells none, nobody knows, and it counts.

A gap lies between the node (or side) where it begins and the one where it ends. **Loss** compares the customers of a gap with
matched ones: who were at the same node or side (so in the same stage and channel), had made about as many steps (0, 1-2, 3-6,
7-14 … before) and had, or had not, reached a goal before, and had no gap of this kind from there in all their journeys. Both
are watched for `within` after that moment; who cannot be, because the period ends, is left out. Rates of the matched customers
are weighted to the same mix. This is descriptive: customers with a gap may differ in ways events do not tell. Who was seen on
one side only is not compared: being seen elsewhere is often what a goal brings, such as a welcome email.

**Dead ends** are lost by definition, so they are compared in another way: how often those who came to a place with intent left
there, beside how often they left at other places (`elsewhere`; as many steps on, with or without a goal before). Only the
excess is lost, and each of these customers would have reached a goal as often as those who went on from the same place.

**Value** = customers x (goals lost each x `goal_value` + contacts more each x `contact_cost`), where a gain counts nothing; so
with a `goal_value` of 1 it is in goals. Time and emotion stand beside it and are not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from harken.errors import Invalid
from harken.understand.analysis import About, Analysis, Answer, Table, header_of
from harken.understand.between import between_sides
from harken.understand.broken import CONTRASTED, ELSEWHERE, Broken, Found, compared, counted, found_of
from harken.understand.crossings import RIGHT, rule_of
from harken.understand.handoffs import CONTRADICTION, DEAD_END, KINDS, ONE_SIDE
from harken.understand.journeys import Journeys, Scope
from harken.understand.levels import END
from harken.understand.result import Column, duration
from harken.understand.sides import NOWHERE, SIDED, Where, where_of
from harken.understand.statistics import wilson
from harken.words import DAY, SECOND, Micros

HOUR: Micros = 3_600 * SECOND
SIDES = ("channel", "source")
CANDIDATES = 500  # gaps of most customers whose loss is worked out
TITLES = ("Channel switch", "Repeated contact", "Dead end", "Ping-pong", "Asked twice", "Seen on one side only",
          "Known too late", "Slow handoff", "Contradiction")  # fmt: skip


class GapsQuestion(Scope, frozen=True, kw_only=True):
    """Where customers fall between channels and systems."""

    kinds: tuple[str, ...] = ()  # only these kinds of gap; none: all
    failures: tuple[str, ...] = ()  # places a switch may come from; none: every place that is no contact
    contacts: tuple[str, ...] = ()  # places where somebody has to help; none: channels named like call, chat, support
    goals: tuple[str, ...] = ()  # what counts as success, such as goal:order or web: Thanks; none: the company's goals
    intent: tuple[str, ...] = ()  # places that show intent; none: the stage of the first goal, without its goals
    asks: tuple[str, ...] = ()  # places that ask for something; none: those named like sign-in, ID check, form, address
    contradictions: tuple[
        str, ...
    ] = ()  # what should not come after what: "email: Reminder after goal:order within 7d"
    same_topic: bool = True  # a switch to a contact about another topic is none
    sides: str = "channel"  # what customers fall between: channel, or source (the system that sent the event)
    soon: Micros = 48 * HOUR  # at most so long between a failure and the contact, and for there and back
    long: Micros = (
        7 * DAY
    )  # at most so long between a contact and the next, until something is asked again, after intent, and for crossings
    within: Micros = 14 * DAY  # how long everybody is watched after the moment, for goals, contacts and emotion
    goal_value: float = 1.0  # what reaching a goal is worth
    contact_cost: float = 0.1  # what a contact costs, in the same unit
    minimum: int = 5  # gaps of fewer customers are not shown, but told in "other"
    limit: int = 50  # gaps to show

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        super().check()
        if unknown := [one for one in self.kinds if one not in KINDS]:
            raise Invalid(f"'{unknown[0]}' is not a kind of gap; there are {', '.join(KINDS)}")
        if self.sides not in SIDES:
            raise Invalid(f"'{self.sides}' is not what customers can fall between; there are {', '.join(SIDES)}")
        if min(self.soon, self.long, self.within) <= 0:
            raise Invalid("`soon`, `long` and `within` are lengths of time: they must be more than nothing")
        if self.limit < 1 or self.minimum < 1:
            raise Invalid("`limit` and `minimum` are numbers of gaps and of customers: at least 1")
        if self.goal_value < 0 or self.contact_cost < 0:
            raise Invalid("`goal_value` and `contact_cost` cannot be negative")
        for one in self.contradictions:
            rule_of(one)

    def patterns(self) -> tuple[str, ...]:
        """See `Scope.patterns`."""
        rules = [rule_of(one) for one in self.contradictions]
        return (*super().patterns(), *(place for one in rules for place in (one.wrong, one.cause, one.unless) if place))


def answer_of(journeys: Journeys, about: About, question: GapsQuestion) -> Answer:
    """The gaps, ranked by what they are worth."""
    question.check()
    where = where_of(journeys, about.catalogue, question)
    told = found_of(journeys, about, where, question)
    broken = told.broken
    found = counted(broken)
    shown = found.filter(pl.col("customers") >= question.minimum).head(CANDIDATES)
    gaps = _valued(compared(journeys, broken, where, shown, question), where, question)
    best = pl.int_range(pl.len()).over("kind") == 0  # of each kind at least one, whatever it is worth
    rows = gaps.filter((pl.int_range(pl.len()) < question.limit) | best)
    other = _other(broken, rows, where)
    kinds = _by_kind(broken, gaps)
    touched = _people(broken)
    return Answer(
        analysis="gaps",
        question=question,
        header=header_of("gaps", journeys, about, question),
        caption=_caption(rows, touched, journeys),
        totals={
            "customers": journeys.customers,
            "customers_with_gap": touched,
            "gaps": int(found["events"].sum()),
            "rows": found.height,
            "shown": rows.height,
            "goal_places": int(where.goal.sum()),
            "contact_places": int(where.contact.sum()),
        },
        tables={
            "gaps": Table(
                frame=pl.concat([rows.select(FIELDS), other.select(FIELDS)]),
                columns=COLUMNS,
                title="Gaps",
                note=_note(where, question, told),
            ),
            "kinds": Table(frame=kinds, columns=KIND_COLUMNS, title="By kind"),
            **between_sides(journeys, about, where, told),
        },
    )


def customers_of(journeys: Journeys, about: About, question: GapsQuestion, row: Mapping[str, Any]) -> pl.Series:
    """The customers of a row of `gaps` (kind, from, to) or `kinds` (kind)."""
    question.check()
    where = where_of(journeys, about.catalogue, question)
    broken = found_of(journeys, about, where, question).broken
    if row.get("kind") == "other":
        rows = answer_of(journeys, about, question)["gaps"].filter(pl.col("kind") != "other")
        keys = _coded(rows, where)
        mine = [one.frame.join(keys, on=["kind", "from", "to"], how="anti") for one in broken]
    else:
        if row.get("kind") not in KINDS:
            raise Invalid(f"a row of gaps has a kind: {', '.join(KINDS)}, or other")
        on = ["kind"] if row.get("table", "gaps") == "kinds" else ["kind", "from", "to"]
        told = pl.DataFrame({name: [str(row.get(name, ""))] for name in ("kind", "from", "to")})
        mine = [one.frame.join(_coded(told, where), on=on, how="semi") for one in broken]
    people = [one.part.profiles.gather(frame["customer"].unique()) for one, frame in zip(broken, mine, strict=True)]
    return pl.concat([pl.Series("profile", [], dtype=pl.String), *(one.alias("profile") for one in people)]).sort()


# ---------------------------------------------------------------------- tables


FIELDS = ["kind", "from", "to", "sentence", "customers", "journeys", "events", "at", "chance", "chance_low", "chance_high",
          "median_seconds", "total_seconds", "n", "matched", *ELSEWHERE, *CONTRASTED, "lost_goals", "more_contacts", "value_goals",
          "value_contacts", "value"]  # fmt: skip
COLUMNS = (
    Column("sentence", "Gap", "text"),
    Column("customers", "Customers"),
    Column("chance", "Of those there", "share"),
    Column("median_seconds", "Time lost", "seconds"),
    Column("emotion_difference", "Emotion", "score"),
    Column("goal_loss", "Goal loss (points)", "points"),
    Column("lost_goals", "Goals lost", "score"),
    Column("more_contacts", "Contacts more", "score"),
    Column("value", "Value", "score"),
)
KIND_COLUMNS = (
    Column("label", "Kind", "text"),
    Column("customers", "Customers"),
    Column("events", "Gaps"),
    Column("total_seconds", "Time lost", "seconds"),
    Column("value", "Value", "score"),
)


def _valued(rows: pl.DataFrame, where: Where, question: GapsQuestion) -> pl.DataFrame:
    """With chances, value and a sentence, best first."""
    people, names = pl.col("customers"), pl.Series(where.names, dtype=pl.String)
    chances = [wilson(*one) for one in rows.select("customers", "at").iter_rows()]
    more = (pl.col("contacts") - pl.col("contacts_matched")).clip(0) * people
    known = bool(where.goal.any())
    rows = rows.with_columns(
        names.gather(rows["from"]).alias("from"),
        names.gather(rows["to"]).alias("to"),
        pl.Series("kind", [KINDS[one] for one in rows["kind"]], dtype=pl.String),
        pl.when(pl.col("at") > 0).then(people / pl.col("at")).alias("chance"),
        pl.Series("chance_low", [one[0] for one in chances], dtype=pl.Float64).fill_nan(None),
        pl.Series("chance_high", [one[1] for one in chances], dtype=pl.Float64).fill_nan(None),
        *(pl.lit(None, pl.Float64).alias(name) for name in CONTRASTED[:5] if not known),
    ).with_columns((pl.col("goal_loss").clip(0) * people).alias("lost_goals"), more.alias("more_contacts"))
    parts = rows.with_columns(
        (pl.col("lost_goals") * question.goal_value).alias("value_goals"),
        (pl.col("more_contacts") * question.contact_cost).alias("value_contacts"),
    )
    value = pl.col("value_contacts") + pl.col("value_goals").fill_null(0)  # null: nobody to compare with
    parts = parts.with_columns(value.alias("value"))
    said = pl.Series("sentence", [_sentence(row, question) for row in parts.iter_rows(named=True)], dtype=pl.String)
    order = ["value", "customers", "kind", "from", "to"]
    return parts.with_columns(said).sort(order, descending=[True, True, False, False, False], nulls_last=True)


def _sentence(row: Mapping[str, Any], question: GapsQuestion) -> str:
    n, at, soon, long = f"{row['customers']:,}", f"{row['at']:,}", duration(question.soon / SECOND), duration(question.long / SECOND)  # fmt: skip
    a, b, took = row["from"], row["to"], duration(row["median_seconds"])
    said = {
        "channel_switch": f"{a} → {b}: {n} of {at} turned there within {soon}, after {took} (median)",
        "repeated_contact": f"{a} → {b}: {n} of {at} needed help again within {long}, after {took} (median)",
        "dead_end": f"{a}: {n} of {at} who came there with intent left",
        "ping_pong": f"{a} → {b} → {a}: {n} of {at} were sent there and back within {soon}, in {took} (median)",
        "asked_twice": f"{a} → {b}: {n} of {at} were asked the same again, after {took} (median)",
        "one_side": f"{a}: {n} of {at} with a contact there were never seen anywhere else",
        "known_late": f"{a} → {b}: {n} of {at} crossed before anybody could know them there; known {took} later (median)",
        "slow_handoff": f"{a} → {b}: {n} of {at} crossed more slowly than steps within either side, by {took} (median)",
        "contradiction": f"{a} → {b}: {n} of {at} met what should not come after it, after {took} (median)",
    }[row["kind"]]
    if row["kind"] == KINDS[DEAD_END] and row["elsewhere"] is not None:
        said += f" ({row['chance']:.0%}; elsewhere {row['elsewhere']:.0%})"
        loss = row["goal_loss"]
        return (
            f"{said}."
            if loss is None
            else f"{said}; {max(0.0, loss):.0%} of them would have reached a goal had they left as rarely."
        )
    if row["goal"] is None:
        return f"{said}."
    days = duration(question.within / SECOND)
    return f"{said}; {row['goal']:.0%} reached a goal in {days}, {row['goal_matched']:.0%} of matched customers."


def _coded(rows: pl.DataFrame, where: Where) -> pl.DataFrame:
    """Kind, from and to of rows as numbers."""
    nodes = {node.id: code for code, node in enumerate(where.nodes.nodes)}
    ends = {END: len(where.names) - 2, NOWHERE: len(where.names) - 1}
    sides = {name: len(nodes) + code for code, name in enumerate(where.sides)}
    coded = []
    for kind, start, end in rows.select("kind", "from", "to").iter_rows():
        number = KINDS.index(kind)
        names = sides if number in SIDED else nodes
        told = ends[END if number == DEAD_END else NOWHERE] if number in (DEAD_END, ONE_SIDE) else names.get(end, -1)
        coded.append((number, names.get(start, -1), told))
    return pl.DataFrame(coded, schema={"kind": pl.Int8, "from": pl.Int64, "to": pl.Int64}, orient="row")


def _other(broken: list[Broken], rows: pl.DataFrame, where: Where) -> pl.DataFrame:
    """What is not shown, as one row: its customers, journeys and gaps."""
    keys = _coded(rows, where)
    rest = [Broken(one.part, one.frame.join(keys, on=["kind", "from", "to"], how="anti")) for one in broken]
    found = {
        "kind": "other",
        "from": "",
        "to": "",
        "sentence": "All other gaps.",
        "customers": _people(rest),
        "journeys": sum(one.frame["journey"].n_unique() for one in rest),
        "events": sum(one.frame.height for one in rest),
    }
    return pl.DataFrame([found] if found["events"] else [], schema={name: rows.schema[name] for name in FIELDS})


def _people(broken: list[Broken]) -> int:
    """Customers with any gap: nobody is in two parts."""
    return sum(one.frame["customer"].n_unique() for one in broken)


def _by_kind(broken: list[Broken], gaps: pl.DataFrame) -> pl.DataFrame:
    """A row for each kind: everybody it touched, and the sum of what its gaps are worth."""
    rows = []
    for number, kind in enumerate(KINDS):
        mine = [Broken(one.part, one.frame.filter(pl.col("kind") == number)) for one in broken]
        worth = gaps.filter(pl.col("kind") == kind)
        events = sum(one.frame.height for one in mine)
        if not events:
            continue
        time = sum(one.frame["time"].sum() for one in mine) / SECOND
        timed = None if number in (DEAD_END, ONE_SIDE) else time
        value = worth["value"].sum() if worth["value"].count() else None
        rows.append((kind, TITLES[number], _people(mine), events, timed, worth["lost_goals"].sum(), value))
    schema = {"kind": pl.String, "label": pl.String, "customers": pl.Int64, "events": pl.Int64,
              "total_seconds": pl.Float64, "lost_goals": pl.Float64, "value": pl.Float64}  # fmt: skip
    found = pl.DataFrame(rows, schema=schema, orient="row")
    return found.sort("value", "customers", "kind", descending=[True, True, False], nulls_last=True)


def _caption(rows: pl.DataFrame, touched: int, journeys: Journeys) -> str:
    if not journeys.journeys:
        return "Nobody made a step in this period."
    if not touched:
        return f"No gap was found among {journeys.customers:,} customers."
    if rows.is_empty():
        return f"{touched:,} of {journeys.customers:,} customers met a gap, none of them shared by enough to be shown."
    return f"The gap that costs most is {rows['sentence'][0]}"


def _note(where: Where, question: GapsQuestion, found: Found) -> str:
    """What the numbers rest on, and what is missing to tell more."""
    told = [
        "Descriptive: matched customers were at the same place, about as many steps on, with or without a goal before.",
        f"Value = customers x (goals lost x {question.goal_value:g} + contacts more x {question.contact_cost:g}).",
    ]
    if not where.goal.any():
        told.append("No goal was met: say `goals`, such as goal:order or a touchpoint, to see what gaps cost.")
    if not where.contact.any():
        told.append("No channel looks like one where somebody helps: say `contacts`, such as channel:hotline.")
    if KINDS[CONTRADICTION] in question.kinds and not question.contradictions:
        told.append(f"Nothing contradicts anything unless `contradictions` declares it, such as {RIGHT}.")
    return " ".join((*told, *found.notes))


ANALYSIS = Analysis(
    name="gaps",
    title="Gaps",
    summary="Where customers fall between channels and systems: who, where, what time, emotion and goals it takes.",
    question=GapsQuestion,
    answer=answer_of,
    examples=(
        {},
        {
            "kinds": ("channel_switch", "asked_twice", "dead_end"),
            "failures": ("web: ID check", "web: Checkout"),
            "goals": ("web: Order placed", "store: Store order"),
        },
        {"sides": "source", "soon": 24 * HOUR},
        {
            "kinds": ("contradiction",),
            "contradictions": ("message: Newsletter | message: Basket reminder after web: Order placed within 14d",),
        },
    ),
    customers=customers_of,
)
