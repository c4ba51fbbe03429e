"""What an analysis may ask of whoever holds the events, beside the steps as arrays: slower, so only when a question needs it."""

from __future__ import annotations

from typing import Protocol

import polars as pl

from harken.words import Micros


class Records(Protocol):
    """Who holds the events."""

    def links(self, profiles: pl.Series) -> pl.DataFrame:
        """Since when what customers left on two systems is known to be theirs. A row for each two trails of a customer of
        whom any two were linked late: profile, source_from, first_from, last_from, source_to, first_to, last_to (the
        trails' first and last event), linked, id (the kind of identifier the second trail goes by). Both ways."""
        ...

    def delays(self, sides: pl.DataFrame, since: Micros | None, until: Micros) -> pl.DataFrame:
        """How much later than they happened events are heard, by side: side, delay, delay_p90 (microseconds). `sides` has a
        row for each place: touchpoint, channel, name, source, type, side."""
        ...

    def values(self, places: pl.DataFrame, property: str, at: pl.DataFrame | None = None) -> pl.DataFrame:
        """What a property of events says: profile, occurred, place, seq, value (null: nothing), of the events at `places`
        (touchpoint, channel, name, source, type, place), or of those at the moments `at` (profile, occurred) alone."""
        ...

    def people(self, profiles: pl.Series, at: Micros) -> pl.DataFrame:
        """What is remembered of customers as of a moment, a row for each thing: profile, kind, name, value. Of the kind `trait` its value then,
        when it is a short text, or yes or no; of the kind `interest` the topic (two levels deep), one of the three strongest."""
        ...
