"""A query and frames in, what it finds out: one SELECT, asked of DuckDB by a process of its own that may not take more memory than
it is allowed, and has nothing else of the machine in reach.

DuckDB's own limit does not count every byte (`repeat('x', 2000000000)` is one value), so the process has one, too: who asks for
more loses the answer, not the hub. It is started for one query: `python -m harken.selecting`, the question at its input.
"""

from __future__ import annotations

import pickle
import re
import sys
from collections.abc import Sequence
from typing import Any

import polars as pl
from msgspec import Struct

from harken.errors import HarkenError, Invalid, TooLarge

MEMORY = "2GB"
ROOM = 3 << 30  # bytes of addresses beyond what the process has when it begins
MOST = 512 << 20  # bytes of an answer
BATCH = 50_000
TEXTUAL = r"INTERVAL|UNION|BIGNUM|VARIANT|\bBIT\b"  # types a frame has not
SAFE: dict[
    str, str | bool | int | float | list[str]
] = {  # no files, no network, no extensions, no variables of Python, and no way back
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": MEMORY,
    "threads": "2",
    "temp_directory": "",
}


class Selected(Struct, frozen=True):
    """A question: the SELECT, the tables it may name, and how many rows it may find."""

    query: str
    tables: dict[str, pl.LazyFrame]
    every: tuple[str, ...]  # tables there are, named or not
    rows: int


def found(asked: Selected) -> pl.DataFrame:
    """What the SELECT finds; Invalid and TooLarge as `Query.sql` says."""
    import duckdb  # here: the process that asks does not load it

    with duckdb.connect(":memory:", config=SAFE) as connection:
        connection.execute("SET lock_configuration = true")
        try:
            _check(connection.extract_statements(asked.query))
            for name, table in asked.tables.items():
                connection.register(name, table)
            return _read(connection.sql(asked.query), asked.rows)
        except (duckdb.OutOfMemoryException, MemoryError):
            raise too_much() from None
        except duckdb.Error as error:
            raise Invalid(_told(str(error), asked.every), code="bad_sql") from None


def too_much() -> TooLarge:
    """What is said when the memory does not do."""
    return TooLarge(f"this query needs more than {MEMORY} of memory; select less, or sum up earlier")


def _told(message: str, every: Sequence[str]) -> str:
    if "std::bad_alloc" in message or "Out of Memory" in message:
        raise too_much()
    first = message.partition("\n\nLINE")[0].replace("\n", " ").strip()
    if first.startswith("Catalog Error: Table with name"):  # it would guess at tables of DuckDB itself
        return f"sql: {first.partition('!')[0]}; there are the tables {', '.join(every)}"
    return f"sql: {first}"


def _check(statements: list[Any]) -> None:
    kinds = [one.type.name for one in statements]
    if kinds == ["MULTI"]:
        raise Invalid("sql: a PIVOT needs to be told its columns: PIVOT … ON channel IN ('web', 'app')", code="bad_sql")
    if kinds != ["SELECT"]:
        said = f"{len(kinds)} statements" if len(kinds) != 1 else kinds[0].replace("_", " ")
        raise Invalid(f"sql: one SELECT is answered, not {said}; nothing can be changed here", code="bad_sql")


def _read(result: Any, rows: int) -> pl.DataFrame:
    names = _unlike(result.columns)
    reader = _framed(result).to_arrow_reader(BATCH)
    found, count, bytes_ = [_frame(reader.schema.empty_table(), names, result.types)], 0, 0
    for batch in reader:
        count += batch.num_rows
        bytes_ += batch.nbytes
        if bytes_ > MOST:
            raise TooLarge(f"sql: the answer has more than {MOST >> 20} MB; select less, or sum up earlier")
        if count > rows:
            raise TooLarge(f"sql: there are more than {rows:,} rows; add LIMIT, sum up, or ask for more rows")
        found.append(_frame(batch, names, result.types))
    return pl.concat(found, how="vertical_relaxed")


def _framed(result: Any) -> Any:
    """With columns a frame can hold: a time between two moments in microseconds, what else it has no type for as text."""
    types = [str(one) for one in result.types]
    if not any(re.search(TEXTUAL, one) for one in types):
        return result
    told = ("epoch_us(#{})" if one == "INTERVAL" else "#{}::VARCHAR" if re.search(TEXTUAL, one) else "#{}"
            for one in types)  # fmt: skip
    return result.project(", ".join(f"{one.format(place)} AS c{place}" for place, one in enumerate(told, 1)))


def _frame(found: Any, names: Sequence[str], types: Sequence[Any]) -> pl.DataFrame:
    frame = pl.DataFrame(pl.from_arrow(found.rename_columns(names)))
    between = [name for name, type in zip(names, types, strict=True) if str(type) == "INTERVAL"]
    return frame.with_columns(pl.col(between).cast(pl.Duration("us"))) if between else frame


def _unlike(names: Sequence[str]) -> list[str]:
    """Names of columns, each once, as DuckDB tells them apart: a join has `profile` twice.

    >>> _unlike(["a", "b", "a", "a_1"])
    ['a', 'b', 'a_1', 'a_1_1']
    """
    told: list[str] = []
    for name in names:
        free = (name, *(f"{name}_{number}" for number in range(1, len(names) + 1)))
        told.append(next(one for one in free if one not in told))
    return told


def _limit() -> None:
    """No more addresses than now and `ROOM`."""
    import resource  # not everywhere

    with open("/proc/self/statm", encoding="ascii") as pages:  # noqa: PTH123
        now = int(pages.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + ROOM, now + ROOM))


def main() -> None:
    """Answer what stands at the input: a frame, or why there is none."""
    asked = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 (of the process that started this one)
    if sys.platform == "linux":
        _limit()
    answer: pl.DataFrame | HarkenError
    try:
        answer = found(asked)
    except HarkenError as error:
        answer = error
    except MemoryError:
        answer = too_much()
    pickle.dump(answer, sys.stdout.buffer, protocol=5)


if __name__ == "__main__":
    main()
