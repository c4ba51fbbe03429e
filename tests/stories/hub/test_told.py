"""What events tell besides where and when reaches the analyses that ask for it: from the lake, the tail, and a table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest

import harken
from harken.errors import TooLarge
from harken.hub import Hub
from harken.hub.telling import told_by
from harken.testing import tideline
from harken.understand import Scope
from harken.understand.told import Wanted
from harken.words import DAY, Micros
from stories.hub.telling import NOW, Place, did, hear

END: Micros = 20_500 * DAY


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Some of Tideline's customers, half of what they did in the lake and half in the tail."""
    with Hub.open(tmp_path_factory.mktemp("told"), clock=lambda: END) as opened:
        opened.documents.apply(tideline.CONFIGURATION, by="tideline", reason="the simulated phone company")
        batches = [tideline.raw(one) for one in tideline.history(seed=3, customers=150, days=40, end=END)]
        opened.hear(batches[: len(batches) // 2])
        opened.settle()
        opened.hear(batches[len(batches) // 2 :])
        yield opened


@pytest.mark.parametrize(("since", "until"), [(None, None), (END - 30 * DAY, END - 5 * DAY)])
def test_every_answer_and_all_value_are_counted_as_sql_counts_them(
    hub: Hub, since: Micros | None, until: Micros | None
) -> None:
    totals = hub.journeys.kpis(since=since, until=until).totals
    during = " AND ".join(
        ["true", *(f"epoch_us(occurred) {sign} {at}" for sign, at in ((">=", since), ("<", until)) if at is not None)]
    )
    answers = hub.sql(f"SELECT count(*) n FROM events WHERE (properties->>'nps') IS NOT NULL AND {during}")["n"][0]
    value = hub.sql(
        f"""SELECT coalesce(sum((properties->>'revenue')::DOUBLE), 0) v FROM events WHERE {during}
            AND touchpoint IN ('web: Order placed', 'store: Store order', 'call_center: Phone order', 'web: Renewed',
                               'app: Buy extra data')"""
    )["v"][0]
    assert answers > 2
    assert totals["answers"] == answers
    assert totals["value"] == pytest.approx(value)
    assert value > 100


def test_the_customers_behind_a_score_are_as_many_as_it_counts(hub: Hub) -> None:
    surveys = hub.journeys.kpis(level="stage")["surveys"]
    for row in surveys.iter_rows(named=True):
        behind = hub.journeys.customers("kpis", {"table": "surveys", **row}, level="stage")
        assert len(behind) == row["customers"]


def test_more_events_than_may_be_read_whole_are_refused_with_what_helps(hub: Hub) -> None:
    with hub.core.read() as view:
        logs = hub.journeys.logs(view)
        every = Wanted(places=np.ones(logs.places.height, np.bool_), properties=("nps",))
        day = Scope(since=END - DAY, until=END - DAY + 1)
        assert told_by(hub.core, view, logs, every, Scope(), most=100_000).height > 1_000
        assert told_by(hub.core, view, logs, every, day, most=20).height <= 20
        with pytest.raises(TooLarge, match="shorter period"):
            told_by(hub.core, view, logs, every, Scope(), most=20)


def test_an_answer_heard_now_is_in_the_answer_that_follows(place: Place) -> None:
    hub = place.open()
    call, good = did("Call Ended", NOW, user="ada"), did("NPS answered", NOW + 1, user="ada", properties={"score": 9})
    hear(hub, call, good)
    assert hub.journeys.kpis()["surveys"].select("answers", "score").row(0) == (1, 1.0)
    hub.settle()
    hear(hub, did("NPS answered", NOW + 2, user="ada", properties={"score": 0}))
    assert hub.journeys.kpis()["surveys"].select("answers", "customers", "score").row(0) == (2, 1, 0.0)


def test_a_table_tells_answers_and_values_in_its_other_columns() -> None:
    table = pl.DataFrame(
        [("ada", "2026-01-01", "Call", None, None), ("ada", "2026-01-02", "NPS survey", 10, None), (None, "2026-01-02", "Call", 3, 4.0),
         ("ben", "2026-01-01", "Call", None, None), ("ben", "2026-01-03", "Order", None, 40.0)],
        schema=["customer", "time", "page", "nps", "revenue"], orient="row",
    )  # fmt: skip
    answer = harken.journeys(table, who="customer", when="time", what="page").kpis(goals=["Order"])
    call = answer["touchpoints"].row(by_predicate=pl.col("id") == "Call", named=True)
    assert (call["nps"], call["nps_n"], call["value"], call["value_each"]) == (1.0, 1, 40.0, 20.0)


def test_campaigns_are_credited_from_lake_and_tail_as_sql_counts_them(hub: Hub) -> None:
    answer = hub.journeys.attribution(goals=["goal:order"], credited="campaigns", replicates=0, nodes=500)
    told = hub.sql(
        "SELECT count(DISTINCT (properties->>'campaign')) AS n FROM events WHERE (properties->>'campaign') <> ''"
    )["n"][0]
    assert answer.totals["nodes"] == told
    assert "newsletter" in answer["touchpoints"]["id"].to_list()
    credited = answer["touchpoints"].select("first", "last", "linear", "shapley", "markov").sum().row(0)
    assert credited == pytest.approx([answer.totals["conversions"]] * 5)
    for row in answer["touchpoints"].head(5).iter_rows(named=True):
        asked = {"table": "touchpoints", "id": row["id"]}
        behind = hub.journeys.customers(
            "attribution", asked, goals=["goal:order"], credited="campaigns", replicates=0, nodes=500
        )
        assert len(behind) == row["customers"]


def test_a_table_may_tell_campaigns() -> None:
    table = pl.DataFrame(
        [("ada", "2026-01-01", "Home", "spring"), ("ada", "2026-01-02", "Order", None), ("ben", "2026-01-01", "Home", " ")],
        schema=["customer", "time", "page", "utm_campaign"], orient="row",
    )  # fmt: skip
    asked = {"goals": ["Order"], "credited": "campaigns"}
    answer = harken.journeys(table, who="customer", when="time", what="page").attribution(**asked)
    assert answer["touchpoints"].select("id", "first").rows() == [("spring", 1.0)]
