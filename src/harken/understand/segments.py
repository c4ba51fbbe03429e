"""Journeys and the members of segments in, groups of customers out, so that a question can be answered for each of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from msgspec import Struct

from harken.errors import NotFound
from harken.logs import Flags
from harken.understand.analysis import About
from harken.understand.journeys import Journeys

EVERYBODY = "everybody"
OTHERS = "(others)"


class Group(Struct, frozen=True):
    """Some customers: of each part, a flag for each row of its `profiles`."""

    name: str
    inside: tuple[Flags, ...]


def groups_of(journeys: Journeys, about: About, segments: Sequence[str]) -> list[Group]:
    """A group for each segment, and one of those in none of them; without segments, everybody.

    Who is in several segments is in several groups. NotFound: nobody told who the members of a segment are.
    """
    if not segments:
        return [Group(EVERYBODY, tuple(np.ones(len(part.profiles), np.bool_) for part in journeys.parts))]
    found = [Group(name, members_of(journeys, about, name)) for name in dict.fromkeys(segments)]
    rest = [~np.any([group.inside[n] for group in found], axis=0) for n in range(len(journeys.parts))]
    return [*found, Group(OTHERS, tuple(rest))]


def members_of(journeys: Journeys, about: About, segment: str) -> tuple[Flags, ...]:
    """Who is in a segment, of each part."""
    if segment not in about.members:
        there = ", ".join(about.members) or "none"
        raise NotFound(f"no members of a segment '{segment}' were given; there are {there}", code="unknown_segment")
    members = about.members[segment].cast(pl.String).implode()
    return tuple(part.profiles.is_in(members).to_numpy() for part in journeys.parts)
