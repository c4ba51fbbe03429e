"""What was said about consent, by purpose and place -> yes, no, or nothing said.

On one place (a device, or else the source) the later statement counts, at the same instant the stricter one; `*`
speaks of every purpose. Between places the stricter one counts: no withdrawal is undone elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from msgspec import Struct

from harken.remember.names import fitted, surplus
from harken.words import Micros

EVERY: Final = "*"
PURPOSES: Final = 64

Said: TypeAlias = tuple[Micros, bool]
Statements: TypeAlias = dict[str, dict[str, Said]]  # purpose -> place -> when, and yes or no


class Consent(Struct, frozen=True, kw_only=True):
    """What counts for one purpose, and what made it so."""

    yes: bool
    at: Micros
    place: str
    by: str  # the purpose that was spoken of: the same, or `*`


def state(statements: Statements, purpose: str, place: str, yes: bool, moment: Micros) -> None:
    """Somebody said yes or no."""
    said = statements.get(purpose)
    if said is None:
        said = statements.setdefault(fitted(purpose), {})
    place = fitted(place)
    before = said.get(place)
    if before is None or _key((moment, yes)) > _key(before):
        said[place] = (moment, yes)
    _trim(statements)


def _key(said: Said) -> tuple[Micros, bool]:
    return said[0], not said[1]


def _trim(statements: Statements) -> None:
    """`*` has no digits and one letter: it stays."""
    while (gone := surplus(statements, PURPOSES)) is not None:
        del statements[gone]


def joined(tables: Iterable[Statements]) -> Statements:
    made: Statements = {}
    for table in tables:
        for purpose, said in table.items():
            mine = made.setdefault(purpose, {})
            for place, one in said.items():
                if place not in mine or _key(one) > _key(mine[place]):
                    mine[place] = one
    _trim(made)
    return made


def effective(statements: Mapping[str, Mapping[str, Said]], purpose: str) -> Consent | None:
    """What counts for a purpose; None when nothing was said that speaks of it."""
    found: Consent | None = None
    own, every = statements.get(purpose, {}), statements.get(EVERY, {})
    for place in sorted({*own, *every}):
        told = [(_key(said[place]), by) for said, by in ((own, purpose), (every, EVERY)) if place in said]
        (moment, strict), by = max(told)
        here = Consent(yes=not strict, at=moment, place=place, by=by)
        if found is None or (found.yes, -found.at) > (here.yes, -here.at):
            found = here
    return found
