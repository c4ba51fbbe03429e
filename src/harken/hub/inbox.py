"""What could not be taken -> a list people can read, and another try once the reason is gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from harken import listen
from harken.hub.core import Core
from harken.stores import Tx, View, letter_key
from harken.words import Answer, DeadLetter, Dropped, Micros, RawBatch

PAGE = 500
NOT_KEPT = "letters not kept:"  # notes, by source


class Room(Struct, frozen=True, kw_only=True):
    """How much the inbox keeps, so that whoever knows a public key cannot fill the disk."""

    batch: int = 500  # letters of one batch that came with a public key
    letters: int = 10_000  # open letters of one source
    megabytes: int = 100  # of what was sent in them


ROOM = Room()


class NotKept(Struct, frozen=True, kw_only=True):
    """What could not be taken and found no room either: only counted."""

    count: int
    first: Micros
    last: Micros


class Letters(Struct, frozen=True, kw_only=True):
    """One page of dead letters, newest last; `next` is 0 at the end. `not_kept`: how many more found no room."""

    data: list[DeadLetter]
    next: int
    not_kept: int


class Waiting(Struct, frozen=True, kw_only=True):
    """How many letters are open, and how many more found no room."""

    open: int
    not_kept: int


class Pile(Struct, frozen=True, kw_only=True):
    """The letters of one source for one reason; `times`: how often what is in them came."""

    source: str
    reason: str
    letters: int
    times: int


class Replayed(Struct, frozen=True, kw_only=True):
    """What became of a replay: letters taken in now, already there, and still not acceptable (they stay open)."""

    accepted: int
    duplicates: int
    still: int


class Inbox:
    """Dead letters."""

    def __init__(self, core: Core, hear: Callable[[Sequence[RawBatch]], list[Answer]], room: Room) -> None:
        self._core = core
        self._hear = hear
        self._room = room

    # ------------------------------------------------------------------ coming in

    def fitting(self, tx: Tx, batches: Sequence[Sequence[Dropped]]) -> list[Dropped]:
        """Those there is room for, batch by batch; the others are counted."""
        fit: list[Dropped] = []
        over: list[Dropped] = []
        for batch in batches:
            fit += batch
            over += self._beyond_batch(batch)
        fit = _without(fit, over)
        for source in {one.source for one in fit}:
            over += self._beyond(tx, source, [one for one in fit if one.source == source])
        if over:
            self._count(tx, over)
        return _without(fit, over)

    def _beyond_batch(self, batch: Sequence[Dropped]) -> list[Dropped]:
        """Those a public key sent at once that are over the room of a batch; equal ones are one letter."""
        if len(batch) <= self._room.batch:
            return []
        kept: set[str] = set()
        over = []
        for one in batch:
            key = "" if one.trusted else letter_key(one)
            if key and key not in kept and len(kept) >= self._room.batch:
                over.append(one)
            elif key:
                kept.add(key)
        return over

    def _beyond(self, tx: Tx, source: str, letters: Sequence[Dropped]) -> list[Dropped]:
        """Those of one source that are over its room; what waits already only counts again and takes none."""
        number, size = tx.letters_held(source)
        most = self._room.megabytes * 1_000_000
        if number + len(letters) <= self._room.letters and size + sum(len(one.raw) for one in letters) <= most:
            return []
        keys = [letter_key(one) for one in letters]
        there = tx.letters_open(keys)
        over = []
        for key, one in zip(keys, letters, strict=True):
            if key in there:
                continue
            if number < self._room.letters and size + len(one.raw) <= most:
                number, size = number + 1, size + len(one.raw)
                there.add(key)
            else:
                over.append(one)
        return over

    def _count(self, tx: Tx, over: Sequence[Dropped]) -> None:
        for source in sorted({one.source for one in over}):
            times = [one.received for one in over if one.source == source]
            told = _not_kept(tx.note(NOT_KEPT + source)) or NotKept(count=0, first=times[0], last=times[0])
            told = NotKept(count=told.count + len(times), first=min(told.first, *times), last=max(told.last, *times))
            tx.write_note(NOT_KEPT + source, msgspec.json.encode(told))

    # ------------------------------------------------------------------ looking

    def list(
        self, *, after: int = 0, limit: int = 50, source: str = "", state: str = "open", reason: str = ""
    ) -> Letters:
        """Letters after a number, of one source or for one reason when given."""
        found: list[DeadLetter] = []
        with self._core.read() as view:
            while len(found) <= limit:
                page = view.dead_letters(after, PAGE, state)
                found.extend(one for one in page if source in ("", one.source) and reason in ("", one.reason))
                if len(page) < PAGE:
                    break
                after = page[-1].id
            not_kept = sum(one.count for of, one in _all_not_kept(view) if source in ("", of))
        more = len(found) > limit
        return Letters(data=found[:limit], next=found[limit - 1].id if more else 0, not_kept=not_kept)

    def piles(self, state: str = "open") -> Sequence[Pile]:
        """How many letters there are of each source for each reason, all of them."""
        with self._core.read() as view:
            counted = view.letters_counted(state)
        return [Pile(source=of, reason=why, letters=letters, times=times) for of, why, letters, times in counted]

    def waiting(self) -> Waiting:
        """How many there are, all of them."""
        with self._core.read() as view:
            not_kept = sum(one.count for _, one in _all_not_kept(view))
            return Waiting(open=view.counts()["dead_letters"], not_kept=not_kept)

    # ------------------------------------------------------------------ dealing with them

    def replay(self, ids: Sequence[int] | None = None, *, source: str = "", reason: str = "") -> Replayed:
        """Hear letters again with the configuration of now: the named ones, or every open one (of one source, for one
        reason)."""
        accepted = duplicates = still = 0
        after = 0
        while letters := self._page(ids, after, source, reason):
            after = letters[-1].id
            ready = []
            for letter in letters:
                batch = _again(letter)
                heard = listen.hear(batch, self._core.plans.listen)
                if heard.dropped or not heard.events:
                    still += 1
                else:
                    ready.append((letter, batch))
            if not ready:
                continue
            for answer in self._hear([batch for _, batch in ready]):
                accepted += answer.accepted
                duplicates += answer.duplicates
            self._mark([letter.id for letter, _ in ready], "replayed")
        return Replayed(accepted=accepted, duplicates=duplicates, still=still)

    def discard(self, ids: Sequence[int] | None = None, *, source: str = "", reason: str = "") -> int:
        """Close letters nobody wants heard: the named ones, or every open one (of one source, for one reason). With all
        of a source, or all, what found no room is forgotten too. They can still be listed with state `discarded`."""
        closed = after = 0
        while letters := self._page(ids, after, source, reason):
            after = letters[-1].id
            self._mark([one.id for one in letters], "discarded")
            closed += len(letters)
        if ids is None and not reason:
            self._core.write(lambda tx: _forget_not_kept(tx, source))
        return closed

    def _page(self, ids: Sequence[int] | None, after: int, source: str, reason: str) -> Sequence[DeadLetter]:
        if ids is None:
            return self.list(after=after, limit=PAGE, source=source, reason=reason).data
        with self._core.read() as view:
            return _named(view, sorted({id for id in ids if id > after}), PAGE)

    def _mark(self, ids: Sequence[int], state: str) -> None:
        self._core.write(lambda tx: tx.mark_dead_letters(ids, state))


def _named(view: View, ids: Sequence[int], limit: int = 0) -> list[DeadLetter]:
    """These letters, whatever their state; at most so many."""
    found: list[DeadLetter] = []
    for id in ids:
        found.extend(one for one in view.dead_letters(id - 1, 1, "") if one.id == id)
        if len(found) == limit:
            break
    return found


def _again(letter: DeadLetter) -> RawBatch:
    """A letter as it came: with its trust, and as the row of a file it was, so that it has the same id as there."""
    line = letter.line
    return RawBatch(
        source=letter.source,
        dialect=letter.dialect,
        body=letter.raw,
        received=letter.at,
        trusted=letter.trusted,
        where=letter.where.removesuffix(f":{line}") if line else letter.where,
        lines=(line, 1) if line else None,
    )


def _without(letters: list[Dropped], over: Sequence[Dropped]) -> list[Dropped]:
    gone = {id(one) for one in over}
    return [one for one in letters if id(one) not in gone] if gone else letters


def _not_kept(note: bytes) -> NotKept | None:
    return msgspec.json.decode(note, type=NotKept) if note else None


def _all_not_kept(view: View) -> list[tuple[str, NotKept]]:
    """(source, what found no room)."""
    notes = view.notes(NOT_KEPT).items()
    return [(name.removeprefix(NOT_KEPT), msgspec.json.decode(note, type=NotKept)) for name, note in notes]


def _forget_not_kept(tx: Tx, source: str) -> None:
    for of, _ in _all_not_kept(tx):
        if source in ("", of):
            tx.write_note(NOT_KEPT + of, b"")
