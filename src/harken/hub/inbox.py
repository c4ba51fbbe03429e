"""What could not be taken -> a list people can read, and another try once the reason is gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from harken import listen
from harken.hub.core import Core
from harken.stores import View
from harken.words import Answer, DeadLetter, RawBatch

PAGE = 500


class Letters(Struct, frozen=True, kw_only=True):
    """One page of dead letters, newest last; `next` is 0 at the end."""

    data: list[DeadLetter]
    next: int


class Replayed(Struct, frozen=True, kw_only=True):
    """What became of a replay: letters taken in now, already there, and still not acceptable (they stay open)."""

    accepted: int
    duplicates: int
    still: int


class Inbox:
    """Dead letters."""

    def __init__(self, core: Core, hear: Callable[[Sequence[RawBatch]], list[Answer]]) -> None:
        self._core = core
        self._hear = hear

    def list(self, *, after: int = 0, limit: int = 50, source: str = "", state: str = "open") -> Letters:
        """Letters after a number, of one source when given."""
        found: list[DeadLetter] = []
        with self._core.read() as view:
            while len(found) <= limit:
                page = view.dead_letters(after, PAGE, state)
                found.extend(one for one in page if source in ("", one.source))
                if len(page) < PAGE:
                    break
                after = page[-1].id
        more = len(found) > limit
        return Letters(data=found[:limit], next=found[limit - 1].id if more else 0)

    def replay(self, ids: Sequence[int] | None = None, *, source: str = "") -> Replayed:
        """Hear letters again with the configuration of now: the named ones, or every open one."""
        accepted = duplicates = still = 0
        after = 0
        while letters := self._page(ids, source, after):
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

    def discard(self, ids: Sequence[int]) -> int:
        """Close letters nobody wants heard; they can still be listed with state `discarded`."""
        with self._core.read() as view:
            there = [one.id for one in _named(view, ids)]
        self._mark(there, "discarded")
        return len(there)

    def _page(self, ids: Sequence[int] | None, source: str, after: int) -> Sequence[DeadLetter]:
        if ids is None:
            return self.list(after=after, limit=PAGE, source=source).data
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
    return RawBatch(
        source=letter.source, dialect=letter.dialect, body=letter.raw, received=letter.at, where=letter.where
    )
