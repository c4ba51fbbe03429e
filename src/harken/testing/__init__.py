"""A seed -> customers, events and time that behave the same on every run: tools for tests, demos and plug-in authors.

    clock      a time that only moves when told
    people     simulated customers with needs, a mood and a memory, who react to what they are shown
    tideline   Tideline Mobile, a simulated phone company: 90 days of history, a live feed, the truth, a configuration
    logs       a journey log of any size with stated properties, for benchmarks (needs numpy; import it by name)

Feed a hub with a month of 500 customers, then ask who somebody is and compare with the truth:

    >>> from harken.testing import tideline
    >>> end = 1_800_000_000_000_000  # microseconds; nothing here looks at a clock
    >>> month = tideline.history(seed=7, customers=500, days=30, end=end)
    >>> sum(len(batch.people) for batch in month) > 5_000
    True
    >>> whose = {(one.kind, one.value): one.people for one in tideline.truth(seed=7, customers=500, days=30, end=end)}
    >>> whose["user_id", "TM-0010500"]
    (43,)

Let people go on living, show somebody something, and see what they do:

    >>> life = tideline.resume(seed=7, customers=500, start=end)
    >>> feed = life.live(end, rate_per_minute=30)
    >>> due, batch = next(feed)
    >>> shown = Shown(placement="web: Home page", action="trade-in", topic="phones", value=0.3, leads_to="web: Phone page")
    >>> life.show(batch.people[0], shown, at=due).response in ("none", "positive", "neutral", "negative")
    True
"""

from __future__ import annotations

from harken.testing import tideline
from harken.testing.clock import Clock
from harken.testing.people import Person, Persona, Reaction, Shown, chance, respond

__all__ = ["Clock", "Person", "Persona", "Reaction", "Shown", "chance", "respond", "tideline"]
