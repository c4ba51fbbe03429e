"""Lines of a CSV file -> runs of rows as frames of text, each row with its line; and the rows that cannot be read.

One wrong row costs itself and no other: a quote that is opened and never closed does not swallow what follows.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from typing import TypeAlias

import polars as pl
import pyarrow as pa
import pyarrow.csv as arrow
from msgspec import Struct

from harken.errors import Invalid

Unreadable: TypeAlias = tuple[int, str, bytes]  # line, what is wrong and what would be right, its text
LONGEST_ROW = 1024 * 1024
MOST_LINES = 1_000  # of one row
RUN_BYTES = 16 * 1024 * 1024
DELIMITERS = ",;\t|"
NEVER_CLOSED = "a quote is opened and not closed (or text follows it); write a quote inside a quoted field twice"


class Run(Struct):
    """Some rows, not parsed yet. `read` fills `good`, the lines of the rows in its frame."""

    header: list[str]
    delimiter: str
    lines: list[int]
    rows: list[bytes]
    broken: list[bool]  # rows whose quotes do not close
    good: list[int] = []

    @property
    def count(self) -> int:
        return len(self.rows)

    def read(self, cut: int = 0) -> tuple[pl.DataFrame, list[Unreadable]]:
        """The rows after the first `cut` as a frame, and those that cannot be read."""
        bad: list[Unreadable] = []
        lines, rows = [], []
        for line, row, broken in zip(self.lines[cut:], self.rows[cut:], self.broken[cut:], strict=True):
            if broken:
                bad.append((line, NEVER_CLOSED, row.strip()))
            else:
                lines.append(line)
                rows.append(row)
        try:
            b"".join(rows).decode()
        except UnicodeDecodeError:
            lines, rows = self._in_utf8(lines, rows, bad)
        try:
            return self._parsed(lines, rows, bad)
        except pa.ArrowInvalid:
            return self._one_by_one(lines, rows, bad)

    def _parsed(
        self, lines: list[int], rows: list[bytes], bad: list[Unreadable]
    ) -> tuple[pl.DataFrame, list[Unreadable]]:
        wrong: dict[int, int] = {}

        def ragged(row: arrow.InvalidRow) -> str:
            wrong[row.number - 1] = row.actual_columns
            return "skip"

        frame = _parse(rows, self.header, self.delimiter, ragged)
        if frame.height + len(wrong) != len(rows):
            raise pa.ArrowInvalid("its quotes can be read in two ways")
        wanted = len(self.header)
        for at, found in wrong.items():
            reason = f"{found} fields where the header has {wanted}; quote fields that hold '{self.delimiter}'"
            bad.append((lines[at], reason, rows[at].strip()))
        self.good = [line for at, line in enumerate(lines) if at not in wrong]
        return frame, sorted(bad)

    def _one_by_one(
        self, lines: list[int], rows: list[bytes], bad: list[Unreadable]
    ) -> tuple[pl.DataFrame, list[Unreadable]]:
        """When a run as a whole cannot be parsed: each row for itself."""
        frames, good = [], []
        for line, row in zip(lines, rows, strict=True):
            try:
                frame, told = self._parsed([line], [row], [])
            except pa.ArrowInvalid as error:
                bad.append((line, f"not a row of CSV: {error}", row.strip()))
                continue
            bad += told
            good += self.good
            frames.append(frame)
        self.good = good
        return pl.concat([_parse([], self.header, self.delimiter, None), *frames]), sorted(bad)

    @staticmethod
    def _in_utf8(lines: list[int], rows: list[bytes], bad: list[Unreadable]) -> tuple[list[int], list[bytes]]:
        kept: tuple[list[int], list[bytes]] = ([], [])
        for line, row in zip(lines, rows, strict=True):
            try:
                row.decode()
            except UnicodeDecodeError as error:
                reason = f"not UTF-8 at byte {error.start}; save the file as UTF-8, or say `encoding: cp1252`"
                bad.append((line, reason, row.strip()))
            else:
                kept[0].append(line)
                kept[1].append(row)
        return kept


def csv_rows(lines: Iterator[bytes], delimiter: str, rows: int, name: str) -> Iterator[Run]:
    """Runs of up to `rows` rows, after the header."""
    first = next(lines, b"")
    number = 1
    while first and not first.strip():
        first, number = next(lines, b""), number + 1
    if not first:
        return
    delimiter = delimiter or likely_delimiter(first)
    while _state(first, delimiter) == OPEN and (more := next(lines, b"")):
        first, number = first + more, number + 1
        if len(first) > LONGEST_ROW:
            raise Invalid(f"{name}: a quote in the header is not closed")
    header = _header(first, delimiter, name)
    run = Run(header, delimiter, [], [], [])
    size = 0
    for line, row, broken in _rows(lines, number, delimiter):
        run.lines.append(line)
        run.rows.append(row)
        run.broken.append(broken)
        size += len(row)
        if len(run.rows) == rows or size > RUN_BYTES:
            yield run
            run, size = Run(header, delimiter, [], [], []), 0
    if run.rows:
        yield run


def likely_delimiter(header: bytes) -> str:
    """The delimiter a header line uses.

    >>> likely_delimiter(b"card;mail;at"), likely_delimiter(b"card"), likely_delimiter(b'"a;b",c')
    (';', ',', ',')
    """
    bare = b"".join(header.split(b'"')[::2]).decode(errors="replace")
    return max(DELIMITERS, key=lambda one: (bare.count(one), -DELIMITERS.index(one)))


def _header(line: bytes, delimiter: str, name: str) -> list[str]:
    if line.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Invalid(f"{name}: it is written in UTF-16; save it as UTF-8, or say `encoding: utf-16` in a mapping")
    if b"\r" in line.rstrip(b"\r\n"):
        raise Invalid(f"{name}: its lines end with CR alone; save it with line ends of Unix or Windows")
    try:
        (told,) = csv.reader([line.decode().rstrip("\r\n")], delimiter=delimiter)
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise Invalid(
            f"{name}: the header cannot be read: {error}; save it as UTF-8, or say `encoding: cp1252` in a mapping"
        ) from None
    names = [one.strip() or f"column_{place}" for place, one in enumerate(told, 1)]
    for one in names:
        if names.count(one) > 1:
            raise Invalid(f"{name}: the header names '{one}' twice; give each column a name of its own")
    return names


def _rows(lines: Iterator[bytes], number: int, delimiter: str) -> Iterator[tuple[int, bytes, bool]]:
    """(line, row, whether its quotes are broken). A quoted field may hold line ends; blank lines are no rows."""
    again: deque[bytes] = deque()
    while line := again.popleft() if again else next(lines, b""):
        number += 1
        if b'"' not in line or (state := _state(line, delimiter)) == CLOSED:
            if not line.isspace():
                yield number, line, False
            continue
        if state == BROKEN:
            yield number, line, False  # on one line it is a matter of taste; the parser takes it as it is
            continue
        parts, size = [line], len(line)
        while state == OPEN and size < LONGEST_ROW and len(parts) < MOST_LINES:
            more = again.popleft() if again else next(lines, b"")
            if not more:
                break
            parts.append(more)
            size += len(more)
            state = _state(more, delimiter, inside=True)
        if state == CLOSED:
            yield number, b"".join(parts), False
            number += len(parts) - 1
        else:
            yield number, line, True
            again.extendleft(reversed(parts[1:]))


CLOSED, OPEN, BROKEN = range(3)


def _state(line: bytes, delimiter: str, *, inside: bool = False) -> int:
    """Whether a line ends inside a quoted field (OPEN) or not; BROKEN when text follows a closing quote.

    >>> [_state(line, ",") for line in (b'a,"b",c', b'a,"b', b'a,5" pipe', b'"a""b"', b'"a" b')] == [
    ...     CLOSED, OPEN, CLOSED, CLOSED, BROKEN]
    True
    """
    end = delimiter.encode()
    parts = line.split(b'"')
    closed = False  # the quote before this part closed a field, or is the first half of a doubled one
    broken = False
    for place, part in enumerate(parts[:-1]):
        if inside:
            inside, closed = False, True
            continue
        if closed and not part:
            inside, closed = True, False
            continue
        broken = broken or (closed and not part.startswith(end))
        inside, closed = part.endswith(end) or not (part or place), False
    last = parts[-1]
    if inside:
        return OPEN
    if broken or (closed and last.strip() and not last.startswith(end)):
        return BROKEN
    return CLOSED


def _parse(rows: list[bytes], header: list[str], delimiter: str, ragged: object) -> pl.DataFrame:
    body = b"".join(rows)
    if not body:
        return pl.DataFrame(schema=dict.fromkeys(header, pl.String))
    table = arrow.read_csv(
        io.BytesIO(body),
        read_options=arrow.ReadOptions(use_threads=False, block_size=len(body) + 1, column_names=header),
        parse_options=arrow.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=ragged
        ),
        convert_options=arrow.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
            quoted_strings_can_be_null=True,
        ),
    )
    return pl.DataFrame(pl.from_arrow(table))
