"""Manifest bytes in, which files make up the lake out, and back; pure. The bytes in the store are the truth.

What is not named in `files` does not count: runs of a crashed job, files that were replaced and wait to be swept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zlib import crc32

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from harken.errors import Conflict, Unavailable
from harken.words import DAY, Micros

FORMAT = 1
BUCKETS = 16
REMEMBER_RETIRED = DAY  # later a retired file is an orphan like any other


class File(Struct, frozen=True, kw_only=True):
    """One immutable run: `events/<name>.parquet` sorted by (profile, occurred, seq), and `trails/<name>.parquet`, which
    says what trails it holds under which profile."""

    name: str
    bucket: int
    rows: int
    bytes: int
    trails: int
    first: int  # seq
    last: int
    since: Micros  # occurred
    until: Micros
    low: str  # profile
    high: str
    moves: int = (
        0  # of trails, known when it was written (`View.trails_moved`): its rows lie under the owners as of then
    )


class Retired(Struct, frozen=True):
    """A file that was replaced, and when: readers of the manifest before may still need it for a while."""

    name: str
    at: Micros


class Manifest(Struct, frozen=True, kw_only=True):
    """Everything the lake holds as of one moment."""

    format: int = FORMAT
    version: int = 0  # grows with every change
    buckets: int = BUCKETS  # fixed when the lake begins
    settled_through: int = 0  # seq: older events are here, newer ones in the store's tail
    files: tuple[File, ...] = ()
    refiled: dict[int, tuple[str, str]] = {}  # seq -> (trail in the file, trail it belongs to): not yet rewritten
    retired: tuple[Retired, ...] = ()

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    def in_bucket(self, bucket: int) -> list[File]:
        return [file for file in self.files if file.bucket == bucket]

    def replacing(
        self, old: Iterable[File], new: Iterable[File], *, folded: Iterable[int] = (), at: Micros = 0
    ) -> Manifest:
        """The next manifest: `new` files instead of `old` ones, which are retired; `folded` are refiled rows done."""
        gone = {file.name for file in old}
        done = set(folded)
        kept = [one for one in self.retired if one.at > at - REMEMBER_RETIRED]
        return replace(
            self,
            version=self.version + 1,
            files=(*(file for file in self.files if file.name not in gone), *new),
            refiled={seq: move for seq, move in self.refiled.items() if seq not in done} if done else self.refiled,
            retired=(*kept, *(Retired(name, at) for name in sorted(gone))),
        )

    def refiling(self, moves: Mapping[int, tuple[str, str]]) -> Manifest:
        """The next manifest: these rows (seq -> (trail so far, trail from now on)) belong to another trail."""
        refiled = dict(self.refiled)
        for seq, (old, new) in moves.items():
            stored = refiled[seq][0] if seq in refiled else old
            if stored == new:
                refiled.pop(seq, None)
            else:
                refiled[seq] = (stored, new)
        return replace(self, version=self.version + 1, refiled=refiled)


def read(data: bytes) -> Manifest:
    """A manifest from its bytes; b"" is the empty lake."""
    if not data:
        return Manifest()
    try:
        found = msgspec.json.decode(data, type=Manifest)
    except msgspec.MsgspecError as error:
        raise Unavailable(f"the lake's manifest cannot be read: {error}") from None
    if found.format > FORMAT:
        raise Unavailable(f"the lake has format {found.format}, this Harken reads up to {FORMAT}; update Harken")
    return found


def write(manifest: Manifest) -> bytes:
    return msgspec.json.encode(manifest)


def bucket_of(profile: str, buckets: int) -> int:
    """Where a profile's events lie. The same on every machine and in every version.

    >>> bucket_of("ada", 16)
    8
    """
    return crc32(profile.encode()) % buckets


def rebase(before: Manifest, after: Manifest, now: Manifest) -> Manifest:
    """The change from `before` to `after`, made to `now`. Conflict when both touched the same files, rows or tail."""
    was, will, there = ({file.name: file for file in one.files} for one in (before, after, now))
    gone = [was[name] for name in was.keys() - will.keys()]
    if any(file.name not in there for file in gone):
        raise Conflict("another job rewrote the same lake files")
    if before.settled_through not in (after.settled_through, now.settled_through):
        raise Conflict("another node settled the same tail")
    folded = before.refiled.keys() - after.refiled.keys()
    moved = {seq: move for seq, move in after.refiled.items() if before.refiled.get(seq) != move}
    if any(now.refiled.get(seq) != before.refiled.get(seq) for seq in {*folded, *moved}):
        raise Conflict("another node refiled the same events")
    at = max((one.at for one in after.retired), default=0)
    new = [file for file in after.files if file.name not in was]
    made = now.replacing(gone, new, folded=folded, at=at)
    through = max(now.settled_through, after.settled_through)
    return replace(made, settled_through=through, refiled={**made.refiled, **moved})
