"""A size and a seed -> the synthetic journey log that analyses are measured on (arrays, a frame, or Parquet).

What it looks like (`docs/reference/benchmarks.md` quotes these numbers): 60 touchpoints on 6 channels; every customer
is one of 8 personas, each with its own Zipf(1.1) popularity of touchpoints; the next touchpoint is the preferred
successor of the last one in 30 % of steps and the same one again in 8 %; lognormal events per customer, mean 12;
65 % of gaps are about 90 seconds, 34 % about 5 days, and 1 % are exact ties. Needs numpy.

    >>> log = chunk(seed=7, customers=1_000)
    >>> sorted(log)
    ['channel', 'customer', 'occurred', 'order', 'source', 'touchpoint']
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from harken.words import DAY, SECOND, Micros

TOUCHPOINTS = 60
CHANNELS = 6
PERSONAS = 8
MEAN_EVENTS = 12.0
SIGMA_EVENTS = 1.0  # spread of the lognormal number of events per customer
MAX_EVENTS = 2_000  # of one customer
STARTED: Micros = 1_767_225_600 * SECOND  # 2026-01-01: customers begin within a year from here
CHUNK = 50_000  # customers made at once: about 600,000 events, 60 MB of arrays

Arrays: TypeAlias = dict[str, NDArray[np.generic]]


def chunk(*, seed: int, customers: int, first: int = 0) -> Arrays:
    """Customers `first` … `first + customers - 1`, sorted by (customer, occurred, order). `order` is unique."""
    random = np.random.default_rng((seed, 1, first))
    lengths = _lengths(random, customers)
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    events = int(lengths.sum())
    persona = random.integers(0, PERSONAS, customers)
    touchpoint = _walk(_world(seed), random, np.repeat(persona, lengths), starts, lengths)
    occurred = _times(random, starts, lengths, events)
    return {
        "customer": np.repeat(np.arange(first, first + customers, dtype=np.int64), lengths),
        "occurred": occurred,
        "order": np.arange(events, dtype=np.int64) + np.int64(first) * MAX_EVENTS,
        "touchpoint": touchpoint,
        "channel": (touchpoint % CHANNELS).astype(np.uint8),
        "source": (touchpoint % CHANNELS).astype(np.uint8),
    }


def chunks(*, seed: int, events: int) -> Iterator[Arrays]:
    """About `events` events (within 1 % from a million on), piece by piece: memory stays that of one piece."""
    customers = max(1, round(events / MEAN_EVENTS))
    for first in range(0, customers, CHUNK):
        yield chunk(seed=seed, customers=min(CHUNK, customers - first), first=first)


def frame(*, seed: int, events: int) -> pl.DataFrame:
    """The log as one Polars frame, times as integers (microseconds)."""
    return pl.concat([pl.DataFrame(arrays) for arrays in chunks(seed=seed, events=events)])


def names() -> pl.DataFrame:
    """Touchpoint number -> name and channel, to join to a log."""
    numbers = range(TOUCHPOINTS)
    return pl.DataFrame(
        {
            "touchpoint": pl.Series(numbers, dtype=pl.UInt16),
            "name": [f"channel {number % CHANNELS}: touchpoint {number}" for number in numbers],
            "channel": pl.Series([number % CHANNELS for number in numbers], dtype=pl.UInt8),
        }
    )


def parquet(path: Path, *, seed: int, events: int) -> int:
    """Write the log to one Parquet file (zstd), a row group per piece; gives the number of events."""
    written = 0
    writer: pq.ParquetWriter | None = None
    try:
        for arrays in chunks(seed=seed, events=events):
            table = pa.table({name: pa.array(values) for name, values in arrays.items()})
            if writer is None:
                writer = pq.ParquetWriter(path, table.schema, compression="zstd", compression_level=1)
            writer.write_table(table)
            written += table.num_rows
    finally:
        if writer is not None:
            writer.close()
    return written


def _lengths(random: np.random.Generator, customers: int) -> NDArray[np.int64]:
    drawn = random.lognormal(np.log(MEAN_EVENTS) - SIGMA_EVENTS**2 / 2, SIGMA_EVENTS, customers)
    return np.clip(np.rint(drawn), 1, MAX_EVENTS).astype(np.int64)


def _world(seed: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Per persona a table of 2^16 touchpoints to draw from, and everyone's preferred successors."""
    random = np.random.default_rng((seed, 0))
    popularity = 1.0 / np.arange(1, TOUCHPOINTS + 1) ** 1.1
    edges = np.cumsum(popularity / popularity.sum())
    ranks = np.searchsorted(edges, (np.arange(1 << 16) + 0.5) / (1 << 16)).astype(np.uint16)
    tables = np.stack([random.permutation(TOUCHPOINTS).astype(np.uint16)[ranks] for _ in range(PERSONAS)])
    return tables, random.permutation(TOUCHPOINTS).astype(np.uint16)


def _walk(
    world: tuple[NDArray[np.uint16], NDArray[np.uint16]],
    random: np.random.Generator,
    persona: NDArray[np.int64],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> NDArray[np.uint16]:
    """Draw every event on its own first, then let those that follow their predecessor do so, step by step.

    Steps that follow form short runs (38 % of steps), so a dozen passes over the rest are enough; a run still open
    after that (one in 10,000) keeps its own draw.
    """
    tables, successor = world
    touchpoint = tables[persona, random.integers(0, 1 << 16, len(persona))]
    draw = random.random(len(persona), dtype=np.float32)
    draw[starts] = 1.0  # nobody comes before a first event
    follows = np.flatnonzero(draw < 0.38)
    same = draw[follows] < 0.08
    settled = draw >= 0.38
    for _ in range(12):
        ready = settled[follows - 1]
        now = follows[ready]
        before = touchpoint[now - 1]
        touchpoint[now] = np.where(same[ready], before, successor[before])
        settled[now] = True
        follows, same = follows[~ready], same[~ready]
        if not len(follows):
            break
    return touchpoint


def _times(
    random: np.random.Generator, starts: NDArray[np.int64], lengths: NDArray[np.int64], events: int
) -> NDArray[np.int64]:
    kind = random.random(events, dtype=np.float32)
    spread = random.standard_exponential(events, dtype=np.float32).astype(np.float64)
    gap = np.where(kind < 0.65, 90.0 * SECOND, np.where(kind < 0.99, 5.0 * DAY, 0.0)) * spread
    gaps = gap.astype(np.int64)
    gaps[(kind < 0.99) & (gaps == 0)] = 1  # a tie is drawn, not rounded
    gaps[starts] = 0
    total = np.cumsum(gaps)
    begin = STARTED + random.integers(0, 365 * DAY, len(starts))
    return total + np.repeat(begin - total[starts], lengths)
