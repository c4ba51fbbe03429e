"""A table made of a run in, a file with its checksum out, and the table back, mapped into memory. What is cut short, changed
by a single bit, of another run or of another format is as good as missing: nothing wrong is ever read.

The file is one Arrow file and behind it what was summed over it: sums of words by row and by column of each block, at the
speed of memory, and of these a cryptographic digest.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa

FORMAT = "3"
END = b"harken index 3\n\0"
DIGEST = 16
BLOCK = 1 << 20
WORDS = np.uint64


def path_of(folder: Path, run: str) -> Path:
    """Where what is made of a run lies."""
    return folder / f"{run}.{FORMAT}.arrow"


def write(path: Path, run: str, table: pa.Table) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    try:
        with draft.open("w+b") as out:
            with pa.ipc.new_file(out, table.schema.with_metadata({"run": run})) as writer:
                writer.write_table(table.replace_schema_metadata({"run": run}))
            size = out.tell()
            out.seek(0)
            digest = _digest(out, size)
            out.seek(size)
            out.write(digest + END)
            out.flush()
            os.fsync(out.fileno())  # else a name may outlive a power cut that its numbers do not
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def read(path: Path, run: str) -> pa.Table | None:
    """The table that was written there for this run; None when it is not there whole and unchanged."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size - DIGEST - len(END)
            if size < 0 or _digest(file, size) + END != file.read():
                return None
        whole = pa.memory_map(str(path)).read_buffer(size)
        table = pa.ipc.open_file(pa.BufferReader(whole)).read_all()
    except (OSError, pa.ArrowInvalid):
        return None
    if table.num_rows != 1 or (table.schema.metadata or {}).get(b"run") != run.encode():
        return None
    with suppress(OSError):  # somebody else's, or on a disk that only reads
        os.utime(path)
    return table


def table_of(columns: Mapping[str, pa.Array], places: str) -> pa.Table:
    """All values of each column as the only row of it."""
    lists = {
        name: pa.LargeListArray.from_arrays(pa.array([0, len(values)], pa.int64()), values)
        for name, values in columns.items()
    }
    return pa.table(lists | {"places": pa.array([places], pa.large_string())})


def numbers(table: pa.Table, name: str) -> np.ndarray:
    """A column of numbers as an array over the mapped file. (Arrow's own way imports pandas where that is installed.)"""
    values: Any = table[name].chunk(0).values
    dtype = np.float32 if values.type == pa.float32() else np.dtype(str(values.type))
    found: np.ndarray = np.frombuffer(values.buffers()[1] or b"", dtype)[values.offset : values.offset + len(values)]
    return found


def _digest(file: IO[bytes], size: int) -> bytes:
    """Of the next `size` bytes. They are read, not mapped: what no question needs stays out of memory."""
    digest = blake2b(digest_size=DIGEST)
    block = np.zeros((BLOCK // 8192, 1024), WORDS)
    room = block.data.cast("B")
    left = size
    while left:
        got = file.readinto(room[: min(left, BLOCK)])  # type: ignore[attr-defined]
        if not got:
            raise OSError("the file is shorter than it was")
        room[got:] = bytes(BLOCK - got)
        digest.update(block.sum(axis=0))
        digest.update(block.sum(axis=1))
        digest.update(got.to_bytes(4, "little"))
        left -= got
    return digest.digest()
