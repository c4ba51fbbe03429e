"""Seed, number of customers and a period -> people living with Tideline, step by step.

Everybody has plans: a heap of (when, where, which routine). Whoever's plan is due next begins a visit there and walks
from place to place (`places.py`) until they stop or the next step is too far off, which becomes a plan. Customers also
have routines: bills, app visits, newsletters, renewals. Every visit draws from a seed of its own (seed, person, time),
so a person's life does not depend on anybody else's.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from math import exp, log
from statistics import NormalDist

from harken.testing.people import Person, Reaction, Shown, respond
from harken.testing.tideline import identities, places, visits
from harken.testing.tideline.facts import liked_plan, remember
from harken.testing.tideline.goods import PERSONAS, PLANS, ZONE_HOURS
from harken.testing.tideline.places import BILL_SHOCK, ID_CHECK_FAILS, NUMBER, PLACES, STOP, Place
from harken.testing.tideline.post import WINDOW, Batch, Outbox
from harken.words import DAY, SECOND, Micros

HOUR = 3_600 * SECOND
MINUTE = 60 * SECOND
VISIT: Micros = 1_500 * SECOND  # a longer pause ends the visit
APP, BILL, NEWS, RENEW, LIMIT, ACCOUNT, BROWSE = range(1, 8)  # routines; 0 is none
EVENTS_A_DAY = 1.1  # of one customer, those of newcomers on their way included
ARRIVALS = 0.55 / 90  # newcomers a day per customer of the beginning
LEADS = 0.3  # of those who like newsletters get ours before they buy
OPEN_HOURS = {"messages": (8, 21), "store": (9, 19), "call_center": (8, 20)}

FACTORS = [exp(0.7 * NormalDist().inv_cdf((place + 0.5) / 1024)) for place in range(1024)]  # of a lognormal delay
_NEW_CUSTOMER = frozenset(NUMBER[key] for key in ("order", "storeorder", "callorder"))
_CHANGES = _NEW_CUSTOMER | {NUMBER[key] for key in ("signin", "renewed", "cancelled", "privacy")}
_FOR_CUSTOMERS = frozenset(
    NUMBER[key]
    for key in (
        "usage", "bill", "bill_shock", "billmail", "topup", "nps", "repair", "offer", "offer_renew", "retention",
        "renewed", "cancelled", "account", "complaint",
    )
)  # fmt: skip
_IDCHECK, _IDCHECK_BAD, _CHECKOUT, _BASKET = (NUMBER[key] for key in ("idcheck", "idcheck_bad", "checkout", "basket"))
_USAGE, _BILL, _BILL_SHOCK, _INSTALL = (NUMBER[key] for key in ("usage", "bill", "bill_shock", "install"))
_RENEWED, _OFFER_RENEW, _ACCOUNT = (NUMBER[key] for key in ("renewed", "offer_renew", "account"))
_ID_CHECKS = frozenset((_IDCHECK, _IDCHECK_BAD))
_IN_APP = frozenset(place.number for place in PLACES if place.source == "app")
_SETTING_UP = frozenset(NUMBER[key] for key in ("install", "signin", "transfer"))
_OF_NEWCOMERS = frozenset(NUMBER[key] for key in ("welcome", "activation"))


def _fit_app(person: Person, number: int) -> int:
    """The same for a place in the app: without the app the website has it, before signing in the app asks for that."""
    if person.app is None:
        return STOP if number in _SETTING_UP else _RENEWED if number == _OFFER_RENEW else _ACCOUNT
    if not person.app_ready and number not in _SETTING_UP:
        return _INSTALL
    if number == _BILL and not person.shocked:
        person.shocked = True
        return _BILL_SHOCK
    return number


class Life:
    """Tideline's customers from `opening` on. `turn` is when the ID check got better (see `places.py`)."""

    def __init__(self, seed: int, customers: int, period: identities.Period, *, turn: Micros, batch: int) -> None:
        self.seed, self.customers, self.period, self.turn = seed, customers, period, turn
        self.now = period[0]
        self.pace = 1.0  # how much faster than real time people make plans
        self._outbox = Outbox(identities.rng_of(seed, -2, period[0]), size=batch)
        self._rng = identities.rng_of(seed, -3, period[0])
        self._ways = tuple([places.ways(persona, early=early) for persona in PERSONAS] for early in (False, True))
        self._entry = [places.starts(persona, places.ENTRY) for persona in PERSONAS]
        self._return = [places.starts(persona, places.RETURN) for persona in PERSONAS]
        self._people: dict[int, Person] = {}
        self._due: list[tuple[Micros, int]] = []
        for number in range(customers):
            self._settle(number)
        heapify(self._due)
        self._test_run = 0

    # -------------------------------------------------------------- from outside

    def history(self) -> Iterator[Batch]:
        """Everything that arrives within the period, in order of arrival."""
        while self.now < self.period[1]:
            until = min((self.now // WINDOW + 1) * WINDOW, self.period[1])
            while self._due and self._due[0][0] < until:
                self._run(heappop(self._due), None)
            self._test_account(until)
            self.now = until
            yield from self._outbox.take(until)

    def live(self, start: Micros, rate_per_minute: float = 0) -> Iterator[tuple[Micros, Batch]]:
        """(due, batch) for ever, from `start` on: everybody lives on, newcomers arrive, clients post for themselves.

        About `rate_per_minute` events come in a minute: people make their plans as much faster, day and night. 0 lets
        them live as they are used to: 12,000 people make about 5 events a minute, few at night.
        """
        self._outbox.unbundle(start)
        self.pace = self._pace(rate_per_minute)
        self._reschedule(start)
        arrival, newcomer = start, self.customers
        counted = start
        while True:
            if self.now - counted > HOUR:  # customers become more
                self.pace, counted = self._pace(rate_per_minute), self.now
            if not self._due or self._due[0][0] >= arrival:
                self._arrive(newcomer, arrival)
                newcomer += 1
                arrival += round(-log(1 - self._rng.random()) * DAY / (ARRIVALS * self.customers * self.pace))
                continue
            self.now = self._due[0][0]
            for batch in self._outbox.take(self.now):
                yield batch.received, batch
            due = heappop(self._due)
            self._run(due, due[0])

    def _pace(self, rate_per_minute: float) -> float:
        if not rate_per_minute:
            return 1.0
        customers = sum(person.customer for person in self._people.values())
        return rate_per_minute / (max(1, customers) * EVENTS_A_DAY / 1_440)

    def show(self, number: int, shown: Shown, at: Micros) -> Reaction:
        """Show somebody something and let them live on from there. People who are gone see nothing."""
        person = self._people.get(number)
        if person is None or person.left:
            return Reaction(seen=False, response="none", chance=0.0, after=0)
        rng = identities.rng_of(self.seed, ~number, at)
        reaction = respond(person, shown, rng, now=at)
        if person.pull:
            place = next((one for one in PLACES if person.pull in (one.touchpoint, one.key)), None)
            person.pull = ""
            if place is not None:
                attention = at + VISIT  # what they were about to do next is forgotten
                person.plans = [plan for plan in person.plans if plan[2] or plan[0] > attention]
                heapify(person.plans)
                heappush(person.plans, (max(at, self.now) + reaction.after, place.number, 0))
                self._wait(person)
        return reaction

    def person(self, number: int) -> Person | None:
        """Somebody as they are now; None when they are gone for good."""
        return self._people.get(number)

    # -------------------------------------------------------------- people come

    def _settle(self, number: int) -> None:
        """Somebody of the beginning: a customer already, or one who will come by in the period."""
        person = identities.person(self.seed, number, self.period)
        opening, end = self.period
        rng = person.rng
        self._people[number] = person
        if rng.random() < person.persona.customer:
            person.account = person.customer = person.veteran = True
            person.app_ready = person.app is not None
            person.plan = liked_plan(person, rng)
            person.bill = PLANS[person.plan].price
            person.customer_since = opening - round((30 + 870 * rng.random()) * DAY)
            person.signed_in = rng.getrandbits(2)
            self._routines(person, opening, settled=True)
        else:
            entry = self._entry[person.kind]
            place = entry[1][places.pick(entry, rng)]
            at = opening + round(rng.random() * (end - opening))
            heappush(person.plans, (self._fitting(person, PLACES[place], at), place, 0))
            if person.newsletter and rng.random() < LEADS:
                self._again(person, NEWS, opening)
        person.wake = person.plans[0][0]
        self._due.append((person.wake, number))

    def _arrive(self, number: int, at: Micros) -> None:
        person = identities.person(self.seed, number, self.period)
        self._people[number] = person
        entry = self._entry[person.kind]
        heappush(person.plans, (at, entry[1][places.pick(entry, person.rng)], 0))
        self._wait(person)

    def _wait(self, person: Person) -> None:
        if person.plans:
            person.wake = person.plans[0][0]
            heappush(self._due, (person.wake, person.number))
        else:
            del self._people[person.number]

    def _reschedule(self, start: Micros) -> None:
        """Move all plans from the time of the history to `start` on, at the pace of `live`."""
        for person in self._people.values():
            person.plans = [
                (start + self._sooner(person, at - self.now), place, routine) for at, place, routine in person.plans
            ]
            heapify(person.plans)
            person.wake = person.plans[0][0]
        self._due = [(person.wake, number) for number, person in self._people.items()]
        heapify(self._due)
        self.now = start

    def _sooner(self, person: Person, wait: Micros) -> Micros:
        """A wait at the pace of `live`; when days pass in hours, plans are spread over the day, for want of nights."""
        if self.pace == 1.0:
            return max(0, wait)
        days = max(0, wait // DAY)
        return round((days + person.rng.random()) * DAY / self.pace)

    # -------------------------------------------------------------- routines

    def _routines(self, person: Person, now: Micros, *, settled: bool) -> None:
        """What a customer does again and again from now on."""
        random = person.rng.random
        wait = 0.0 if settled else 5.0
        if person.app is not None:
            self._again(person, APP, now + round(wait * DAY / self.pace))
        else:
            self._again(person, ACCOUNT, now + round(wait * DAY / self.pace))
        self._plan(person, now, round((30 * random() if settled else 30) * DAY), NUMBER["billmail"], BILL)
        self._plan(person, now, round((180 * random() if settled else 150) * DAY), NUMBER["renewmail"], RENEW)
        self._again(person, LIMIT, now)
        self._again(person, BROWSE, now)
        if person.newsletter:
            self._again(person, NEWS, now)

    def _again(self, person: Person, routine: int, now: Micros) -> None:
        """Plan the next time of a routine."""
        random = person.rng.random
        wait = -log(1 - random()) * DAY
        if routine == APP:
            self._plan(person, now, round(wait * 7 / person.persona.visits), NUMBER["usage"], APP)
        elif routine == BILL:
            self._plan(person, now, 30 * DAY, NUMBER["billmail"], BILL)
        elif routine == NEWS:
            weeks = 1 + int(log(1 - random()) / log(0.65))  # opens a third of them
            tuesday = (7 * DAY) - (now + 2 * DAY) % (7 * DAY)  # 1970-01-01 was a Thursday
            self._plan(
                person,
                now,
                tuesday + (weeks - 1) * 7 * DAY + round((9 + 8 * random()) * HOUR),
                NUMBER["newsletter"],
                NEWS,
            )
        elif routine == RENEW:
            self._plan(person, now, 180 * DAY, NUMBER["renewmail"], RENEW)
        elif routine == LIMIT:
            self._plan(person, now, round(wait * 42), NUMBER["limit"], LIMIT)
        elif routine == ACCOUNT:
            self._plan(person, now, round(wait * 14), NUMBER["account"], ACCOUNT)
        elif routine == BROWSE:
            self._plan(person, now, round(wait * 100), NUMBER["home"], BROWSE)

    def _plan(self, person: Person, now: Micros, wait: Micros, place: int, routine: int = 0) -> None:
        if wait > VISIT:
            at = now + max(MINUTE, round(wait / self.pace))
            if self.pace == 1.0:
                at = self._fitting(person, PLACES[place], at)
        else:
            at = now + wait
        heappush(person.plans, (at, place, routine))

    def _fitting(self, person: Person, place: Place, at: Micros) -> Micros:
        """The same time, or the next morning when nobody is up or the shop is closed."""
        first, last = OPEN_HOURS.get(place.source, person.persona.hours)
        hour = (at // HOUR + ZONE_HOURS) % 24
        if first <= hour < last:
            return at
        return at + ((first - hour) % 24) * HOUR + round(person.rng.random() * 8 * HOUR)

    # -------------------------------------------------------------- a visit

    def _run(self, due: tuple[Micros, int], horizon: Micros | None) -> None:
        """Somebody's next plan: a visit, at most up to `horizon`."""
        at, number = due
        person = self._people.get(number)
        if person is None or person.wake != at or not person.plans:
            return  # planned anew since
        at, place, routine = heappop(person.plans)
        if routine:
            self._again(person, routine, at)
            place = self._of_routine(person, routine, place)
        visit = visits.Visit(person, self._outbox)
        if place != STOP:
            self._walk(visit, at, place, horizon)
        visit.close()
        if person.left:
            person.plans.clear()
        elif not person.customer and all(planned for _, _, planned in person.plans):
            self._come_back(person, at)
        self._wait(person)

    def _of_routine(self, person: Person, routine: int, place: int) -> int:
        """Where a routine begins this time; STOP when the mail stays unread."""
        random = person.rng.random
        if routine == BILL:
            shock = random() < BILL_SHOCK
            person.bill = PLANS[person.plan].price * (1.6 + 2 * random() if shock else 1 + 0.1 * random())
            person.shocked = not shock
            if random() < 0.35:
                return STOP
            return NUMBER["billmail_shock"] if shock else place
        if routine == BROWSE:
            choice = self._return[person.kind]
            return choice[1][places.pick(choice, person.rng)]
        if routine == RENEW and random() < 0.2:
            return STOP
        return place

    def _walk(self, visit: visits.Visit, at: Micros, number: int, horizon: Micros | None) -> None:
        """From place to place until somebody stops or the next place is too far off."""
        person, rng = visit.person, visit.person.rng
        early = at < self.turn
        ways = self._ways[early][person.kind]
        number = self._fit(person, number, early=early)
        while number != STOP:
            place = PLACES[number]
            self._happens(person, number, at)
            visit.report(place, at)
            remember(person, place, rng)
            if person.left:
                return
            choice = ways[number]
            way = places.pick(choice, rng)
            number = self._fit(person, choice[1][way], early=early)
            if number == STOP:
                return
            delay = (choice[2][way] or place.pace * SECOND) * FACTORS[int(rng.random() * 1024)]
            if delay > VISIT or (horizon is not None and at + delay >= horizon):
                self._plan(person, at, int(delay), number)
                return
            at += int(delay)

    def _fit(self, person: Person, number: int, *, early: bool) -> int:
        """The place as it is for this person: no bills before buying, no ID check twice, no app without a phone."""
        if number in _ID_CHECKS:
            if person.customer:
                return _CHECKOUT if person.rng.random() < 0.5 else STOP
            return _IDCHECK_BAD if person.rng.random() < ID_CHECK_FAILS[not early] else _IDCHECK
        if not person.customer:
            return (_BASKET if number == _USAGE else STOP) if number in _FOR_CUSTOMERS else number
        if number in _OF_NEWCOMERS:
            return STOP if person.veteran else number
        return _fit_app(person, number) if number in _IN_APP else number

    def _happens(self, person: Person, number: int, at: Micros) -> None:
        """What a place changes for good."""
        if number not in _CHANGES:
            if person.mood < -1.0 and person.customer and person.rng.random() < 0.02:
                self._plan(person, at, 4 * DAY, NUMBER["cancelled"])
            return
        key = PLACES[number].key
        if number in _NEW_CUSTOMER:
            person.plan = person.cart
            person.bill = PLANS[person.plan].price
            if not person.customer:
                person.account = person.customer = True
                person.customer_since = at
                self._routines(person, at, settled=False)
            else:
                person.veteran = True
        elif key == "signin":
            person.app_ready = True
        elif key == "renewed":
            if person.rng.random() < 0.3:
                person.plan = person.cart = liked_plan(person, person.rng)
        elif key == "cancelled":
            person.left = True
        elif key == "privacy":
            choice = person.rng.choice(("email", "personal_offers", "advertising", "sms"))
            person.consent = {**person.consent, choice: not person.consent.get(choice, False)}

    def _come_back(self, person: Person, at: Micros) -> None:
        """Those who gave up without buying may try again some days later."""
        rng = person.rng
        patience = person.persona.patience * (0.4 if person.need == "id_check" else 1.0)
        if person.returns < 6 and rng.random() < patience:
            person.returns += 1
            choice = self._return[person.kind]
            wait = round(2.5 * DAY * FACTORS[int(rng.random() * 1024)])
            self._plan(person, at, wait, choice[1][places.pick(choice, rng)])

    def _test_account(self, until: Micros) -> None:
        """Tideline's own testers, three runs a day, each in a fresh browser and a fresh phone."""
        step = DAY // identities.TEST_RUNS_A_DAY
        while (at := self.period[0] + self._test_run * step + 8 * HOUR) < until:
            visits.test_run(self.seed, self._test_run, at, self._outbox)
            self._test_run += 1
