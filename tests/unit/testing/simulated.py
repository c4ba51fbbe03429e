"""A Tideline of a thousand customers, simulated once for all tests of it: what is heard, with who is behind it."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import Any

import msgspec

from harken.listen import hear, prepare
from harken.manage import documents
from harken.testing import tideline
from harken.words import SECOND, Config, Document, Event

END = 1_790_000_123_456_789  # no round number on purpose
HOUR = 3_600 * SECOND
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}")


@cache
def configuration() -> Config:
    published = []
    there = {file.name: file.read_text() for file in tideline.CONFIGURATION.glob("*.yaml")}
    kinds = {file: kind for kind, file in documents.FILES.items()}
    for file, text in there.items():
        for document in documents.from_yaml(kinds[file], text, file):
            body = documents.encode(document)
            published.append(
                Document(
                    kind=kinds[file], id=document.id, version=1, state="published", body=body, at=0, by="", reason=""
                )
            )
    return documents.config(published, 1)


@cache
def heard(seed: int = 5, customers: int = 1_000, days: int = 90) -> list[tuple[Event, int]]:
    """Every event of a history, duplicates too, with the simulated person behind it."""
    plan = prepare(configuration())
    found = []
    for batch in tideline.history(seed=seed, customers=customers, days=days, end=END):
        told = hear(tideline.raw(batch), plan)
        if not told.dropped:
            found.extend(zip(told.events, batch.people, strict=True))
        else:  # nobody's ad clicks fall out
            assert {dropped.reason for dropped in told.dropped} == {"no_identifier"}
            gone = {dropped.index for dropped in told.dropped}
            people = [person for place, person in enumerate(batch.people) if place not in gone]
            found.extend(zip(told.events, people, strict=True))
    return found


@cache
def once() -> list[tuple[Event, int]]:
    """The same without duplicates."""
    return list({event.id: (event, person) for event, person in heard()}.values())


@cache
def journeys() -> dict[int, list[Event]]:
    """Everybody's events by time, without the sign-ins and the test account."""
    found = defaultdict(list)
    for event, person in once():
        if event.type != "identify" and person >= 0:
            found[person].append(event)
    return {person: sorted(events, key=lambda event: event.occurred) for person, events in found.items()}


def items(**period: Any) -> list[tuple[tideline.Batch, dict[str, Any]]]:
    found = []
    for batch in tideline.history(seed=5, end=END, **period):
        body = msgspec.json.decode(batch.body)
        found.extend((batch, item) for item in body.get("batch", [body]))
    return found
