"""Seed and number -> who a simulated person is, with every identifier they will ever use; and who owns which.

A person depends on nothing but the seed, the number and the period, so people can be made in any order, a larger
Tideline holds the same first people as a smaller one, and the truth is known without running anything.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import TypeAlias

from msgspec import Struct

from harken.testing.people import Device, Person, Persona
from harken.testing.tideline.goods import CITIES, FIRST_NAMES, LAST_NAMES, PERSONAS, TERMINALS
from harken.words import DAY, SECOND, Micros

MASK = (1 << 64) - 1
HOUSEHOLD_BLOCK = 20  # the first three numbers of every block may be a household with a common tablet
PHONE_RANGES = ("+3319900", "+3326191", "+3335301", "+3346571")  # 10,000 numbers each, kept for fiction
OTHER_PHONES = "+3353649"
TEST_ACCOUNT = "TM-TEST-1"
TEST_CRM = "C-TEST"
TEST_EMAIL = "qa@tideline.example"
TEST_RUNS_A_DAY = 3
TEST_PERSON = -1
SKEWS = (2 * 3_600, 2 * 3_600, -2 * 3_600, 26 * 60, -3 * 86_400)  # seconds a wrong clock is ahead
SKEWED = 0.03  # share of devices with a wrong clock

_SHARES = list(accumulate(persona.share for persona in PERSONAS))
_FAMILY = next(place for place, persona in enumerate(PERSONAS) if persona.id == "family_organizer")
Period: TypeAlias = tuple[Micros, Micros]


class Owned(Struct, frozen=True):
    """One identifier as the hub writes it, and the numbers of the people who use it. More than one: shared."""

    kind: str
    value: str
    people: tuple[int, ...]


def seed_of(seed: int, number: int, at: int = 0) -> int:
    """One seed out of three numbers; near numbers give unlike seeds."""
    return ((seed * 0x9E3779B97F4A7C15 + number) * 0xC2B2AE3D27D4EB4F + at) & MASK


def rng_of(seed: int, number: int, at: int = 0) -> Random:
    """A source of chance of one's own."""
    return Random(seed_of(seed, number, at))  # noqa: S311 - play, not secrets


def uuid(rng: Random) -> str:
    """A random UUID (version 4 in form)."""
    text = rng.getrandbits(128).to_bytes(16, "big").hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def household(seed: int, number: int) -> tuple[int, ...]:
    """The people who share a tablet with this one, themselves included; () for most."""
    block, place = divmod(number, HOUSEHOLD_BLOCK)
    if number < 0 or place > 2:
        return ()
    drawn = rng_of(seed, ~block).random()
    size = 3 if drawn < 0.25 else 2 if drawn < 0.5 else 0
    return tuple(block * HOUSEHOLD_BLOCK + member for member in range(size)) if place < size else ()


def person(seed: int, number: int, period: Period) -> Person:
    """Who person `number` is. Their state is that of somebody who has not met Tideline."""
    rng = rng_of(seed, number)
    family = household(seed, number)
    kind = _FAMILY if family else bisect_right(_SHARES, rng.random() * _SHARES[-1], 0, len(_SHARES) - 1)
    persona = PERSONAS[kind]
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    if family:
        last = LAST_NAMES[family[0] % len(LAST_NAMES)]
    domain = ("example.com", "example.org", "example.net")[number % 3]
    return Person(
        number=number,
        rng=rng_of(seed, number, period[0]),
        persona=persona,
        kind=kind,
        name=f"{first} {last}",
        email=f"{_ascii(first)}.{_ascii(last)}.{number}@{domain}",
        phone=_phone(number),
        other_phone=f"{OTHER_PHONES}{number // 5:04d}" if number % 5 == 0 and number < 50_000 else "",
        city=rng.randrange(len(CITIES)),
        born=rng.randint(*persona.born),
        user_id=f"TM-{number + 10_457:07d}",
        loyalty=f"LC{900_000_000 + number}" if rng.random() < persona.loyalty else "",
        crm=f"C-{number + 50_021:07d}",
        social=f"{_ascii(first)}_{number}" if rng.random() < 0.5 else "",
        contact=uuid(rng),
        wifi=f"wifi-{uuid(rng)[:18]}",
        browsers=_browsers(seed, rng, persona, family, period),
        app=_app(rng, period) if rng.random() < persona.app else None,
        consent=_consent(rng),
        newsletter=rng.random() < persona.newsletter,
        withheld=rng.random() < 0.08,
        offline=rng.random() < 0.08,
        mood=persona.warmth,
    )


def _ascii(name: str) -> str:
    return name.lower().replace("ö", "o").replace("ü", "u")


def _phone(number: int) -> str:
    place, rest = divmod(number, 10_000)
    return f"{PHONE_RANGES[place]}{rest:04d}" if 0 <= place < len(PHONE_RANGES) else ""


def _consent(rng: Random) -> dict[str, bool]:
    """What they say to the banner and to the account page; a quarter never answers the banner."""
    given = {"email": rng.random() < 0.7, "sms": rng.random() < 0.5, "personal_offers": rng.random() < 0.55}
    if rng.random() < 0.75:
        given |= {"analytics": True, "advertising": rng.random() < 0.45}
    return given


def _skew(rng: Random) -> Micros:
    return rng.choice(SKEWS) * SECOND if rng.random() < SKEWED else 0


def _browsers(seed: int, rng: Random, persona: Persona, family: tuple[int, ...], period: Period) -> tuple[Device, ...]:
    """The phone's browser, often a laptop, in a household the common tablet."""
    found = [_browser(rng, period, hardware=rng.randrange(6))]
    if rng.random() < persona.laptop:
        found.append(_browser(rng, period, hardware=6 + rng.randrange(5)))
    if family:
        common = rng_of(seed, ~(family[0] // HOUSEHOLD_BLOCK), 1)
        found.append(Device(ids=(uuid(common),), since=(0,), hardware=11, shared=family))
    return tuple(found)


def _browser(rng: Random, period: Period, *, hardware: int) -> Device:
    """One browser; one in six clears its cookies some time in the period."""
    ids, since = [uuid(rng)], [0]
    if rng.random() < 0.16:
        ids.append(uuid(rng))
        since.append(_some_time(rng, period))
    return Device(ids=tuple(ids), since=tuple(since), hardware=hardware, skew=_skew(rng))


def _app(rng: Random, period: Period) -> Device:
    """The app; one in twelve gets a new phone some time in the period."""
    count = 2 if rng.random() < 0.08 else 1
    since = (0, _some_time(rng, period))[:count]
    ids, hardware_ids = (tuple(uuid(rng) for _ in range(count)) for _ in range(2))
    return Device(ids, since, rng.randrange(6), _skew(rng), (), hardware_ids)


def _some_time(rng: Random, period: Period) -> Micros:
    return period[0] + round(rng.random() * (period[1] - period[0]))


def test_devices(seed: int, run: int) -> tuple[str, str, str]:
    """The browser, app and phone ids one run of Tideline's test account makes up for itself."""
    rng = rng_of(seed, TEST_PERSON, run)
    return uuid(rng), uuid(rng), uuid(rng)


def owned(seed: int, customers: int, period: Period) -> Iterator[Owned]:
    """Every identifier that may be heard, with whom it belongs to; values as the hub writes them."""
    for number in range(customers):
        one = person(seed, number, period)
        exact = [
            ("user_id", one.user_id), ("loyalty", one.loyalty), ("crm", one.crm), ("email", one.email),
            ("phone", one.phone), ("phone", one.other_phone), ("social", one.social),
            ("anonymous_id", one.contact), ("anonymous_id", one.wifi),
        ]  # fmt: skip
        exact += [("anonymous_id", id) for device in one.browsers if not device.shared for id in device.ids]
        if one.app:
            exact += [("anonymous_id", id) for id in one.app.ids]
            exact += [("device_id", id) for id in one.app.hardware_ids]
        yield from (Owned(kind, value, (number,)) for kind, value in exact if value)
        for device in one.browsers:
            if device.shared and device.shared[0] == number:
                people = tuple(member for member in device.shared if member < customers)
                yield Owned("anonymous_id", device.ids[0], people)
    yield from _company_owned(seed, customers, period)


def _company_owned(seed: int, customers: int, period: Period) -> Iterator[Owned]:
    """The test account and the sales desks' tablets, which everybody uses."""
    yield Owned("user_id", TEST_ACCOUNT, (TEST_PERSON,))
    yield Owned("crm", TEST_CRM, (TEST_PERSON,))
    yield Owned("email", TEST_EMAIL, (TEST_PERSON,))
    for run in range(round((period[1] - period[0]) / DAY * TEST_RUNS_A_DAY) + 1):
        browser, app, phone = test_devices(seed, run)
        yield Owned("anonymous_id", browser, (TEST_PERSON,))
        yield Owned("anonymous_id", app, (TEST_PERSON,))
        yield Owned("device_id", phone, (TEST_PERSON,))
    everyone = tuple(range(customers))
    yield from (Owned("anonymous_id", terminal, everyone) for terminal in TERMINALS)
