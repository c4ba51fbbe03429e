"""Personas and a seed -> simulated customers who have needs, a mood and a memory, and react to what they are shown.

A `Person` is who somebody is (drawn once, from the seed and a number alone) and how they are right now (mood, need,
what they saw and bought). `respond` is the one way to show somebody something: it draws what they do about it and
changes what they do next. `chance` is the truth behind it, so that whoever chooses can be judged against the best
choice there was.

    >>> from random import Random
    >>> from harken.testing import tideline
    >>> person = tideline.person(seed=1, number=12)
    >>> fix = Shown(placement="web: ID check", action="check-by-video", kind="service", solves="id_check")
    >>> person.need = ""
    >>> before = chance(person, fix)
    >>> person.need = "id_check"
    >>> chance(person, fix) > 3 * before
    True
    >>> respond(person, fix, Random(1)).seen
    True
"""

from __future__ import annotations

from math import exp
from random import Random
from typing import Literal

from msgspec import Struct

from harken.words import DAY, SECOND, Micros

NEEDS = ("", "id_check", "setup", "billing", "network", "device")


class Persona(Struct, frozen=True, kw_only=True):
    """A kind of customer. Shares are chances between 0 and 1; factors multiply a weight that is 1 for everybody."""

    id: str
    share: float  # of all people
    customer: float  # of them were customers before the story begins
    app: float
    visits: float  # app visits in a week
    laptop: float
    loyalty: float  # have a loyalty card
    newsletter: float
    price: float  # how much money matters
    patience: float  # how likely they come back after giving up
    warmth: float  # the mood they return to
    hours: tuple[int, int]  # when they are up, local time
    born: tuple[int, int]
    channels: dict[str, float] = {}  # factors
    likes: dict[str, float] = {}  # topics, 0 to 1
    open: dict[str, float] = {}  # to kinds of action: service, offer, tip


class Device(Struct, frozen=True):
    """A browser or an installed app. Clearing cookies or a new phone gives it the next id at the time in `since`."""

    ids: tuple[str, ...]
    since: tuple[Micros, ...]
    hardware: int = 0  # which user agent or phone model
    skew: Micros = 0  # its clock is that much ahead
    shared: tuple[int, ...] = ()  # numbers of the people who use it
    hardware_ids: tuple[str, ...] = ()  # apps: the phone's own id


class Person(Struct, kw_only=True):
    """One simulated customer: who they are, and (from `mood` on) how they are now."""

    number: int
    rng: Random  # theirs alone: what they do depends on nobody else's draws
    persona: Persona
    kind: int  # place of the persona in its list
    name: str
    email: str
    phone: str  # E.164; "" for people beyond the numbers reserved for fiction
    other_phone: str
    city: int
    born: int
    user_id: str
    loyalty: str
    crm: str
    social: str
    contact: str  # id in the mail provider
    wifi: str  # id in the stores' guest network
    browsers: tuple[Device, ...]
    app: Device | None
    consent: dict[str, bool]
    newsletter: bool
    withheld: bool  # hides the number when calling
    offline: bool  # the phone is often without network

    mood: float = 0.0  # -2 to 2
    need: str = ""  # the problem they have, one of NEEDS
    customer: bool = False
    customer_since: Micros = 0
    account: bool = False  # the company has given them a user id
    plan: int = 0
    bill: float = 0.0
    veteran: bool = False  # needs no second welcome
    shocked: bool = True  # knows about the last bill, if it was a shock
    left: bool = False
    signed_in: int = 0  # a bit per browser
    app_ready: bool = False
    returns: int = 0
    cart: int = 0
    seen: dict[str, int] = {}  # action -> how often
    pull: str = ""  # where something they were shown draws them
    pull_until: Micros = 0
    plans: list[tuple[Micros, int, int]] = []  # a heap of (when, where, which routine)
    wake: Micros = 0
    browser: int = 0  # the one in use during this visit
    visit_end: Micros = 0
    late: Micros = 0  # how long this visit's app events wait for network


class Shown(Struct, frozen=True, kw_only=True):
    """Something a person is shown or told: by a decision, a message, or an agent."""

    placement: str
    action: str
    topic: str = ""  # `phones/android`
    kind: Literal["service", "offer", "tip"] = "offer"
    value: float = 0.0  # what it gives, 0 (nothing) to 1 (a gift)
    solves: str = ""  # the need it takes care of
    leads_to: str = ""  # touchpoint it invites to


class Reaction(Struct, frozen=True, kw_only=True):
    """What the person did about it. `chance` is the true chance of `positive` it was drawn with."""

    seen: bool
    response: Literal["none", "positive", "neutral", "negative"]
    chance: float
    after: Micros  # how long they took
    solved: bool = False  # the need is gone


def likes(person: Person, topic: str) -> float:
    """How much the person cares for a topic: its own weight, or that of the nearest topic above it.

    >>> from harken.testing import tideline
    >>> likes(tideline.person(seed=1, number=3), "gardening/roses")
    0.0
    """
    wanted = person.persona.likes
    while topic:
        if topic in wanted:
            return wanted[topic]
        topic = topic.rpartition("/")[0]
    return 0.0


def chance(person: Person, shown: Shown) -> float:
    """The true chance that the person says yes, if they see it."""
    about = -2.9 + 2.4 * likes(person, shown.topic) + 2.0 * person.persona.price * shown.value
    about += person.persona.open.get(shown.kind, 0.0) + 0.35 * person.mood
    if person.need:
        about += 3.2 if shown.solves == person.need else -1.4 if shown.kind == "offer" else -0.3
    elif shown.solves:
        about -= 1.2
    about -= 0.5 * min(6, person.seen.get(shown.action, 0))
    return 1.0 / (1.0 + exp(-about))


def respond(person: Person, shown: Shown, rng: Random, *, now: Micros = 0) -> Reaction:
    """Show it: draws the reaction and changes the person's mood, memory, need and next steps.

    Whoever runs the person's life must let it go on from here: `tideline.Life.show` does both.
    """
    likely = chance(person, shown)
    after = round((2 + 14 * rng.random()) * SECOND)
    if rng.random() > 0.92:
        return Reaction(seen=False, response="none", chance=likely, after=after)
    person.seen = {**person.seen, shown.action: person.seen.get(shown.action, 0) + 1}
    drawn = rng.random()
    annoyed = (0.03 + (0.10 if person.need and shown.kind == "offer" else 0.0)) * min(6, person.seen[shown.action])
    if drawn < likely:
        solved = bool(person.need) and shown.solves == person.need and rng.random() < 0.7
        person.mood = min(2.0, person.mood + (0.8 if solved else 0.2))
        if solved:
            person.need = ""
        if shown.leads_to:
            person.pull, person.pull_until = shown.leads_to, now + DAY
        return Reaction(seen=True, response="positive", chance=likely, after=after, solved=solved)
    if drawn > 1.0 - annoyed:
        person.mood = max(-2.0, person.mood - 0.3)
        return Reaction(seen=True, response="negative", chance=likely, after=after)
    return Reaction(seen=True, response="neutral" if rng.random() < 0.25 else "none", chance=likely, after=after)
