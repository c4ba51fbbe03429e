"""Events that answer surveys in; what was answered about which touchpoint out: NPS, CSAT and CES with intervals.

**Which events.** Those the catalogue's surveys name. When it has none: events whose name or touchpoint tells of a survey (NPS,
CSAT, satisfaction, CES, effort score, survey, feedback, rating), with a number in the property `nps`, `csat` or `ces` (also `nps_score`,
`npsScore`), or in `score`, `rating`, `value`, `answer` or `response` where the name tells which of the three it is.

**About what.** An answer is about its own touchpoint. Where that is there for surveys only (its name, or the names of all that
happens there, tell of a survey) it is about the last step before it at another touchpoint, not longer than `within` ago; an answer
with nothing before it is about none. A survey of the catalogue may say which (`about`).

**Scores.** NPS: share of 9 and 10 less share of 0 to 6. CSAT: share of the two best answers (of scales longer than ten: the best
fifth). CES: the mean on a scale of 1 to 7, 7 being easy; other scales are stretched to it. Numbers outside the scale are left out,
and told. Customers may answer several times: intervals count customers, not answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import sqrt

import numpy as np
import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from harken.logs import Flags
from harken.understand.goals import fits
from harken.understand.journeys import Journeys
from harken.understand.levels import Nodes
from harken.understand.statistics import Z95, Numbers, student, wilson
from harken.understand.told import found_in
from harken.words import Config, Match, Survey

ASKS = {"nps": "NPS", "csat": "CSAT", "ces": "CES"}
SCALES: Mapping[str, tuple[float, float]] = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}  # worst, best
NAMED = {
    "nps": re.compile(r"\bnps\b|net.?promoter"),
    "csat": re.compile(r"\bcsat\b|satisfaction"),
    "ces": re.compile(r"\bces\b|customer effort|effort score"),
}
ANY = re.compile(r"survey|feedback|rating|\brated?\b|questionnaire")
USUAL = (Survey(id="nps", asks="nps"), Survey(id="csat", asks="csat"), Survey(id="ces", asks="ces"))
PLAIN = ("score", "rating", "value", "answer", "response")
ABOUT_NONE = -1


class Asked(Struct, frozen=True):
    """What there is to look for: places where answers may be, and whether their names tell of a survey."""

    places: Flags
    named: Flags
    properties: tuple[str, ...]


class Answers(Struct, frozen=True):
    """One row an answer: asks, node (`ABOUT_NONE`: of none), profile, occurred, score (NPS: 1, 0 or -1; CSAT: 1 or 0; CES: 1 to
    7). `outside`: numbers that are not on their scale."""

    frame: pl.DataFrame
    outside: int


SCHEMA = {"asks": pl.String, "node": pl.Int64, "profile": pl.String, "occurred": pl.Int64, "score": pl.Float64}


def asked_of(places: pl.DataFrame, catalogue: Config) -> Asked:
    """Where answers may be."""
    named = np.array([_named(one) for one in _texts(places)], np.bool_)
    surveys = [*catalogue.surveys.values()]
    if not surveys:
        own = (name for asks in ASKS for name in _own(asks))
        return Asked(named, named, (*own, *PLAIN))
    found = np.zeros(places.height, np.bool_)
    for survey in surveys:
        found |= _places(survey, places, catalogue)
    properties = (
        name for one in surveys for name in (one.property, *(key for rule in one.match for key in rule.properties))
    )
    return Asked(found, named, tuple(dict.fromkeys(properties)))


def answers_of(journeys: Journeys, catalogue: Config, nodes: Nodes, told: pl.DataFrame, within: int) -> Answers:
    """Every answer, and the node it is about."""
    asked = asked_of(journeys.places, catalogue)
    scored, outside = _scored(journeys.places, catalogue, told)
    alone = _alone(journeys.places, asked.named)
    rows = [pl.DataFrame(schema=SCHEMA)]
    for one in found_in(journeys, scored):
        wanted = scored["about"].to_numpy()[one.row]
        before = one.before(one.steps(), alone, within)
        there = np.where(before >= 0, nodes.of_place[one.part.place[before]], ABOUT_NONE)
        away = (wanted == "before") | ((wanted == "") & alone[one.place])
        node = pl.Series("node", np.where(away, there, nodes.of_place[one.place]))
        rows.append(scored[one.row].with_columns(node).select([*SCHEMA]).cast(SCHEMA))  # type: ignore[arg-type]
    return Answers(pl.concat(rows), outside)


# ---------------------------------------------------------------------- which events, which number


def _spaced(text: str) -> str:
    """Words as a pattern finds them: `NpsAnswered` and `nps_answered` alike."""
    return re.sub(r"[_\-:./]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)).lower()


def _texts(rows: pl.DataFrame) -> list[str]:
    return [_spaced(f"{touchpoint} {name}") for touchpoint, name in rows.select("touchpoint", "name").iter_rows()]


def _named(text: str) -> bool:
    return bool(ANY.search(text)) or _kind(text) != ""


def _kind(text: str) -> str:
    return next((asks for asks, pattern in NAMED.items() if pattern.search(text)), "")


def _own(asks: str) -> tuple[str, ...]:
    return asks, asks.upper(), f"{asks}_score", f"{asks}Score"


def _places(survey: Survey, places: pl.DataFrame, catalogue: Config) -> Flags:
    """Where its answers may be: what properties they need is seen when they are read."""
    rules = [replace(rule, properties={}) for rule in survey.match]
    return fits(rules, places, catalogue)


def _scored(places: pl.DataFrame, catalogue: Config, told: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The events with asks, score and about, a row for each number answered; and how many numbers are not on their scale."""
    frames, outside = [told.clear().with_columns(asks=pl.lit(""), score=pl.lit(0.0), about=pl.lit(""))], 0
    for survey, where, value in _read(places, catalogue, told):
        worst, best = SCALES[survey.asks]
        if survey.worst is not None and survey.best is not None:
            worst, best = survey.worst, survey.best
        number = value.cast(pl.Float64, strict=False)
        rows = told.with_columns(
            number.alias("number"), pl.lit(survey.asks).alias("asks"), pl.lit(survey.about).alias("about")
        )
        rows = rows.filter(where & pl.col("number").is_finite())
        inside = pl.col("number").is_between(min(worst, best), max(worst, best))
        outside += rows.height
        rows = rows.filter(inside).with_columns(_score(survey.asks, worst, best).alias("score")).drop("number")
        outside -= rows.height
        frames.append(rows.select(frames[0].columns))
    return pl.concat(frames), outside


def _read(places: pl.DataFrame, catalogue: Config, told: pl.DataFrame) -> Sequence[tuple[Survey, pl.Series, pl.Series]]:
    """Each survey, which events are its answers, and the number they tell as a text."""
    if surveys := catalogue.surveys.values():
        return [
            (one, _matching(one, places, catalogue, told), told[one.property])
            for one in surveys
            if one.property in told
        ]
    texts = _texts(told)
    kinds = pl.Series("kind", [_kind(one) for one in texts], dtype=pl.String)
    named = pl.Series([_named(one) for one in texts], dtype=pl.Boolean)
    found = []
    for usual in USUAL:
        own, plain = ([pl.col(one) for one in names if one in told] for names in (_own(usual.asks), PLAIN))
        either = (*own, *(pl.when(kinds == usual.asks).then(one) for one in plain))
        value = told.with_columns(value=pl.coalesce(pl.lit(None, dtype=pl.String), *either))["value"]
        found.append((usual, named, value))
    return found


def _matching(survey: Survey, places: pl.DataFrame, catalogue: Config, told: pl.DataFrame) -> pl.Series:
    """Which events one of its rules fits, with the properties the rule asks for."""
    where = pl.Series(np.zeros(told.height, np.bool_))
    kept = [name for name in ("touchpoint", "channel", "name", "source", "type") if name in places.columns]
    for rule in survey.match:
        fitting = places.filter(pl.Series(fits([replace(rule, properties={})], places, catalogue))).select(kept)
        there = told.select(kept).join(fitting.unique().with_columns(fits=pl.lit(value=True)), on=kept, how="left", maintain_order="left")["fits"]  # fmt: skip
        where |= there.fill_null(value=False) & _with(rule, told)
    return where


def _with(rule: Match, told: pl.DataFrame) -> pl.Series:
    held = pl.Series(np.ones(told.height, np.bool_))
    for name, value in rule.properties.items():
        wanted = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else f"{value}"
        held &= (told[name] == wanted).fill_null(value=False) if name in told else pl.Series([False]).new_from_index(0, told.height)  # fmt: skip
    return held


def _score(asks: str, worst: float, best: float) -> pl.Expr:
    number = pl.col("number")
    if asks == "nps":
        return (number >= 9).cast(pl.Float64) - (number <= 6).cast(pl.Float64)
    if asks == "csat":
        near = 1.0 if abs(best - worst) <= 10 else abs(best - worst) / 5
        return ((number - best).abs() <= near).cast(pl.Float64)
    return 1 + 6 * (number - worst) / (best - worst)


def _alone(places: pl.DataFrame, named: Flags) -> Flags:
    """Places of touchpoints that are there for surveys only."""
    told = places.select("touchpoint").with_columns(pl.Series("named", named))
    return told.select(pl.col("named").all().over("touchpoint")).to_series().to_numpy()


# ---------------------------------------------------------------------- scores with intervals


class Score(Struct, frozen=True):
    """What answers come to, and between what it surely lies (95 %)."""

    answers: int
    customers: int
    value: float
    low: float
    high: float
    best: float  # share of promoters, of the two best; CES: of 5 to 7
    worst: float  # share of detractors, of the others; CES: of 1 to 3


def score_of(asks: str, scores: Numbers, who: Sequence[str] | pl.Series) -> Score:
    """What these answers of these customers come to.

    NPS: the adjusted interval of Agresti & Caffo's kind, three quarters of an answer more at each end and one and a half in the middle.
    CSAT: Wilson's. CES: Student's. Several answers of one customer count for as many as they tell apart (Kish's effective number).
    """
    n, value = len(scores), float(scores.mean())
    customers, sure = _effective(scores, pl.Series(who))
    up, down = _ends(asks, scores)
    if asks == "nps":
        low, high = _net(up, down, sure)
    elif asks == "csat":
        low, high = wilson(up * sure, sure)  # type: ignore[arg-type]
    else:
        deviation = float(scores.std(ddof=1)) if n > 1 else 0.0
        half = student(customers - 1) * deviation / sqrt(sure) if customers > 1 and deviation > 0 else float("nan")
        low, high = value - half, value + half
    return Score(n, customers, value, min(low, value), max(high, value), up, down)


def _ends(asks: str, scores: Numbers) -> tuple[float, float]:
    if asks == "ces":
        return float((scores >= 5).mean()), float((scores <= 3).mean())
    return float((scores > 0).mean()), float((scores < 0).mean() if asks == "nps" else (scores == 0).mean())


def given(asks: str, end: str) -> pl.Expr:
    """Which answers are among the best, or the worst."""
    score = pl.col("score")
    if asks == "ces":
        return score >= 5 if end == "best" else score <= 3
    worst = -1 if asks == "nps" else 0
    return score == (1 if end == "best" else worst)


def _net(up: float, down: float, n: float) -> tuple[float, float]:
    size = n + 3
    p, q = (up * n + 0.75) / size, (down * n + 0.75) / size
    middle, half = p - q, Z95 * sqrt((p + q - (p - q) ** 2) / size)
    return max(-1.0, middle - half), min(1.0, middle + half)


def _effective(scores: Numbers, who: pl.Series) -> tuple[int, float]:
    """How many customers answered, and as how many answers of different customers theirs count."""
    n = len(scores)
    apart = pl.DataFrame({"who": who, "apart": scores - scores.mean()})
    sums = apart.group_by("who").agg(pl.col("apart").sum())["apart"].to_numpy()
    customers, alone = len(sums), float((apart["apart"].to_numpy() ** 2).sum())
    if customers < 2 or alone <= 0:
        return customers, float(customers)
    larger = float((sums**2).sum()) * customers / (customers - 1) / (alone * n / (n - 1))
    return customers, n / max(1.0, larger)
