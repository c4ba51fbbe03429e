"""A table of events in, its journeys out, without a hub: a CSV, Parquet or NDJSON file, or a frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from msgspec.structs import replace

from harken import logs, understand
from harken.errors import Invalid
from harken.hub.asking import asked_of, verb
from harken.hub.moments import When, micros
from harken.logs import Logs, logs_of
from harken.understand.asking import question_of
from harken.understand.splitting import parted
from harken.understand.told import CAMPAIGN, EVENT, Wanted
from harken.words import Config, Stage, Touchpoint

GUESSES = {  # names columns often have, by what they say
    "who": ("customer", "customer_id", "user_id", "userid", "user", "profile", "person", "client_id", "case_id",
            "case:concept:name", "who", "id"),
    "when": ("occurred", "timestamp", "time", "ts", "event_time", "datetime", "created_at", "date", "time:timestamp", "when"),
    "what": ("touchpoint", "event", "event_name", "activity", "page", "action", "concept:name", "name", "what"),
}  # fmt: skip
READ: Mapping[str, Callable[[Path], pl.LazyFrame]] = {
    ".csv": lambda path: _scanned(path, _separator(path)),
    ".tsv": lambda path: _scanned(path, "\t"),
    ".parquet": pl.scan_parquet,
    ".ndjson": pl.scan_ndjson,
    ".jsonl": pl.scan_ndjson,
    ".arrow": pl.scan_ipc,
}
FORMS = ("%+", "%Y-%m-%d %H:%M:%S%.f%:z", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d",
         "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y")  # fmt: skip
SLASHED = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y")


class Analyst:
    """The journeys of a table: `map`, `ask`, and every analysis by its name. `left_out`: rows without who, when or what."""

    def __init__(self, table: Any, *, who: str, when: str, what: str, channel: str, stage: str) -> None:
        said = {"who": who, "when": when, "what": what, "channel": channel, "stage": stage}
        frame = _frame(table)
        schema = frame.collect_schema()
        named = _named(said, schema.names())
        texts = {"profile": "who", "touchpoint": "what", "channel": "channel", "stage": "stage"}
        columns = [pl.col(named[of]).cast(pl.String).alias(name) for name, of in texts.items() if named[of]]
        rows = frame.select(*columns, pl.col(named["when"]).alias("occurred")).collect()
        rows = rows.with_columns(_moments(rows["occurred"]))
        there = pl.all_horizontal(
            pl.col(name).is_not_null() & (pl.col(name) != "") for name in ("profile", "touchpoint")
        )
        kept = rows.filter(there & pl.col("occurred").is_not_null())
        self.left_out = rows.height - kept.height
        self._frame, self._kept = frame, rows.select(there & pl.col("occurred").is_not_null()).to_series()
        if rows.height and not kept.height:
            raise Invalid(f"no row has who ({named['who']}), when ({named['when']}) and what ({named['what']}); "
                          f"the first is {rows.row(0)}")  # fmt: skip
        self.catalogue = _catalogue(kept)
        self._events = kept.drop("stage", strict=False).with_row_index("seq")

    @cached_property
    def _logs(self) -> Logs:
        return logs_of(self._events)

    def map(
        self,
        *,
        level: str = "touchpoint",
        since: When = None,
        until: When = None,
        journey: str = "life",
        collapse: bool = False,
        **more: Any,
    ) -> understand.JourneyMap:
        """The journey map, as `hub.journeys.map` gives it. `more`: other fields of `MapQuestion`, such as `timeout="1h"`."""
        told = {"level": level, "since": since, "until": until, "journey": journey, **more}
        told.setdefault("repeats", "collapse" if collapse else "keep")
        question = question_of("map", understand.MapQuestion, told, micros)
        assert isinstance(question, understand.MapQuestion)
        return understand.journey_map(self._logs, self.catalogue, question)

    def ask(self, name: str, *, since: When = None, until: When = None, **said: Any) -> understand.Answer:
        """What the analysis `name` tells, as `hub.journeys.ask` does."""
        asked = asked_of(name, since, until, "", said)
        return asked.analysis.ask(*self._material(name, asked.question))

    def customers(
        self, name: str, row: Mapping[str, Any], *, since: When = None, until: When = None, **said: Any
    ) -> list[str]:
        """Who is behind a row of an answer."""
        asked = asked_of(name, since, until, "", said)
        if asked.analysis.customers is None:
            raise Invalid(f"{name} counts nobody in particular: there are no customers behind its rows", code="no_rows")
        found = asked.analysis.customers(*self._material(name, asked.question), row)
        return found.cast(pl.String).unique().sort().to_list()

    def _material(self, name: str, question: Any) -> tuple[understand.Journeys, understand.About, understand.Scope]:
        if getattr(question, "segments", ()):
            raise Invalid("a table has no segments; ask a hub, or filter the table")
        asked: understand.Scope = replace(question)
        analysis = understand.analysis(name)
        logs, catalogue = parted(self._logs, self.catalogue, asked, self._told)
        wanted = analysis.wanted and analysis.wanted(logs.places, catalogue, asked)
        about = understand.About(catalogue=catalogue, told=self._told(wanted) if wanted else None)
        return understand.journeys_of(logs, catalogue, asked), about, asked

    def _told(self, wanted: Wanted) -> pl.DataFrame:
        """What the other columns of the table tell; a column `utm_campaign` or `campaign` tells the campaign."""
        there = self._frame.collect_schema().names()
        named = {name: name for name in wanted.properties if name in there}
        if wanted.campaign:
            named |= dict(zip([CAMPAIGN], (one for one in ("campaign", "utm_campaign") if one in there), strict=False))
        columns = [pl.col(column).cast(pl.String).alias(name) for name, column in named.items()]
        rows = self._frame.select(columns).collect().filter(self._kept) if columns else pl.DataFrame()
        events = logs.known(self._events.lazy()).drop("emotion").collect()
        places = self._logs.places.filter(pl.Series(wanted.places))
        missing = [pl.lit(None, dtype=pl.String).alias(name) for name in wanted.columns if name not in named]
        told = pl.concat([events, rows], how="horizontal").join(places, on=logs.ABOUT, how="semi")
        told = told.with_columns(missing).select(*EVENT, *wanted.columns)
        return told.filter(pl.col(CAMPAIGN).str.strip_chars() != "") if wanted.campaign else told

    @property
    def levels(self) -> Sequence[str]:
        """Levels that tell something here."""
        staged, channels = bool(self.catalogue.stages), "channel" in self._events.columns
        return ("touchpoint", *(["stage"] if staged else []), *(["channel"] if channels else []))

    def page(self, title: str = "Journey map") -> str:
        """An interactive map as one HTML file that needs nothing else."""
        from harken.understand.page import page

        return page([self.map(level=level) for level in self.levels], title)

    def __getattr__(self, name: str) -> Callable[..., understand.Answer]:
        if not name.startswith("_") and name in understand.analyses():
            return verb(name, self.ask)
        raise AttributeError(f"journeys have no '{name}'; analyses: {', '.join(understand.analyses())}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *understand.analyses()})

    def _repr_html_(self) -> str:
        return self.map()._repr_html_()


def _separator(path: Path) -> str:
    """What is most often in the line of names: spreadsheets write semicolons where commas are for decimals."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        names = lines.readline()
    return max((",", ";", "\t", "|"), key=names.count)


def _scanned(path: Path, separator: str) -> pl.LazyFrame:
    if not path.stat().st_size:
        raise Invalid(f"{path.name} is empty: its first line names the columns")
    return pl.scan_csv(path, separator=separator, try_parse_dates=True, infer_schema_length=10_000)


def _frame(table: Any) -> pl.LazyFrame:
    if isinstance(table, pl.LazyFrame | pl.DataFrame):
        return table.lazy()
    if isinstance(table, str | Path):
        path = Path(table)
        if path.suffix.lower() not in READ:
            raise Invalid(f"{path.name}: files are read that end in {', '.join(READ)}")
        if not path.is_file():
            raise Invalid(f"there is no file {path}")
        return READ[path.suffix.lower()](path)
    try:
        return pl.DataFrame(table).lazy()  # pandas, Arrow, dicts, lists of dicts
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise Invalid(f"{type(table).__name__} is no table: {error}; give a path, or a frame") from None


def _named(said: Mapping[str, str], there: Sequence[str]) -> dict[str, str]:
    """Which column says what: as it was said, or by the names they often have."""
    named = dict(said)
    lower = {name.lower(): name for name in reversed(there)}
    for what, guesses in GUESSES.items():
        if not named[what]:
            named[what] = next((lower[one] for one in guesses if one in lower and lower[one] not in named.values()), "")
        if not named[what]:
            raise Invalid(f"say which column tells {what}; there are {', '.join(there)}")
    if missing := [name for name in named.values() if name and name not in there]:
        raise Invalid(f"there is no column '{missing[0]}'; there are {', '.join(there)}")
    return named


def _moments(column: pl.Series) -> pl.Series:
    """A column of moments as microseconds since 1970; what is none is null. No zone is UTC."""
    if column.dtype == pl.String:
        best = pl.Series("occurred", [None] * len(column), dtype=pl.Int64)
        for form in (*FORMS, *_slashed(column)):
            try:
                told = column.str.strip_chars().str.to_datetime(
                    form, strict=False, time_unit="us", ambiguous="earliest"
                )
            except pl.exceptions.PolarsError:
                continue
            best = best.zip_with(best.is_not_null(), told.dt.epoch("us").alias("occurred"))
            if best.null_count() == column.null_count():
                return best
        numbers = column.cast(pl.Float64, strict=False)
        return best if numbers.null_count() == len(column) else best.zip_with(best.is_not_null(), _moments(numbers))
    if column.dtype == pl.Date:
        column = column.cast(pl.Datetime("us"))
    if column.dtype.is_temporal():
        return column.dt.epoch("us").alias("occurred")
    if column.dtype.is_numeric():
        largest = float(column.cast(pl.Float64).abs().max() or 0)  # type: ignore[arg-type]
        factor = next((one for limit, one in ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0)) if largest < limit), 1e-3)
        return (column.cast(pl.Float64).fill_nan(None) * factor).round().cast(pl.Int64).alias("occurred")
    return pl.Series("occurred", [None] * len(column), dtype=pl.Int64)


def _slashed(column: pl.Series) -> tuple[str, ...]:
    """01/02/2026 is 2 January unless a 13/02/2026 says that the column puts the day first."""
    parts = column.str.extract_groups(r"^\s*(\d{1,2})/(\d{1,2})/\d{4}").struct
    first, second = (int(parts.field(one).cast(pl.Int64).max() or 0) for one in ("1", "2"))  # type: ignore[arg-type]
    return tuple(form.replace("%m/%d", "%d/%m") for form in SLASHED) if first > 12 >= second else SLASHED


def _catalogue(rows: pl.DataFrame) -> Config:
    """The stages a column names, in the order customers typically come to them."""
    if "stage" not in rows.columns:
        return Config()
    staged = rows.filter(pl.col("stage").is_not_null() & (pl.col("stage") != ""))
    first = staged.group_by("profile", "stage").agg(pl.col("occurred").min())
    first = first.with_columns(pl.col("occurred").rank("dense").over("profile").alias("place"))
    order = first.group_by("stage").agg(pl.col("place").mean()).sort("place", "stage")["stage"].to_list()
    of = staged.group_by("touchpoint").agg(pl.col("stage").mode().sort().first()).sort("touchpoint")
    return Config(
        touchpoints=tuple(Touchpoint(id=touchpoint, stage=stage) for touchpoint, stage in of.iter_rows()),
        stages=tuple(Stage(id=stage, name=stage, order=place) for place, stage in enumerate(order)),
    )
