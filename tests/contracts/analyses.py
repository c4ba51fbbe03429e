"""Logs for the analyses to be held against: Tideline's, and small ones by chance with every trap in them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import polars as pl

from harken.api import rest
from harken.hub import Hub
from harken.testing import Clock, tideline
from harken.understand import About, Analysis, Answer, Journeys, Scope, analyses, journeys_of
from harken.understand.asking import question_of
from harken.words import SECOND, Config
from unit.understand.logs import by_chance, catalogue, frame

END = 1_700_000_000 * SECOND  # 2023-11-14
CUSTOMERS, DAYS = 120, 60
EXAMPLES = [(one.name, number) for one in analyses().values() for number in range(len(one.examples))]


def tideline_hub(data: Path) -> Hub:
    """A hub that has heard a small Tideline, and is settled in part."""
    hub = Hub.open(data, clock=Clock(END))
    hub.documents.apply(tideline.CONFIGURATION, by="test")
    batches = [tideline.raw(one) for one in tideline.history(seed=7, customers=CUSTOMERS, days=DAYS, end=END)]
    half = len(batches) // 2
    hub.hear(batches[:half])
    hub.settle()
    hub.hear(batches[half:])
    return hub


@cache
def by_chance_log(seed: int, size: int) -> tuple[pl.DataFrame, Config]:
    """Events of a few customers, shuffled by nobody yet."""
    return frame(by_chance(seed, size)).collect(), catalogue()


def question(analysis: Analysis, said: Mapping[str, Any], **more: Any) -> Scope:
    """An example as a question; `more` are fields as the question has them."""
    from msgspec.structs import replace

    from harken.hub.moments import micros

    return replace(question_of(analysis.name, analysis.question, said, micros), **more)


def material(log: Any, config: Config, asked: Scope) -> tuple[Journeys, About, Scope]:
    """What an analysis is given."""
    every = pl.concat(log) if isinstance(log, list) else log
    names = every.lazy().select("profile").unique().collect()["profile"].sort().to_list()
    members = {
        segment: pl.Series(names[place % 2 :: 2], dtype=pl.String)
        for place, segment in enumerate(getattr(asked, "segments", ()))
    }
    return journeys_of(log, config, asked), About(catalogue=config, members=members), asked


def answered(analysis: Analysis, log: Any, config: Config, asked: Scope) -> Answer:
    return analysis.answer(*material(log, config, asked))


@cache
def _api(hub: Hub) -> Any:
    return rest.make(hub, None, "", 10_000_000)  # type: ignore[arg-type]


def by_api(hub: Hub, method: str, path: str, body: Any = None) -> httpx.Response:
    """What the API answers, without a server in front of it."""
    api = _api(hub)

    async def known(scope: Any, receive: Any, send: Any) -> None:
        scope.setdefault("state", {})["request_id"] = "test"
        await api(scope, receive, send)

    async def call() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(known), base_url="http://hub") as client:
            return await client.request(method, path, json=body)

    return asyncio.run(call())


def plain(answer: Answer) -> dict[str, Any]:
    """An answer as JSON reads it back; NaN and infinity are refused."""
    told: dict[str, Any] = json.loads(json.dumps(answer.to_dict(), allow_nan=False))
    return told


def same(a: Any, b: Any) -> bool:
    """Equal but for the last digits of sums of numbers with a point, which the order of adding may change."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) <= 1e-6 * max(1.0, abs(a), abs(b))
    return bool(a == b)
