"""Places a person passes in one visit -> the events their devices and Tideline's systems send about it."""

from __future__ import annotations

from harken.testing.people import Device, Person
from harken.testing.tideline import identities
from harken.testing.tideline.clients import WRITERS, Act, app_identify, path_of, web_identify
from harken.testing.tideline.facts import facts
from harken.testing.tideline.goods import PERSONAS
from harken.testing.tideline.places import NUMBER, PLACES, Place
from harken.testing.tideline.post import Outbox
from harken.words import SECOND, Micros

BREAK: Micros = 1_800 * SECOND  # after that long a person may be at another device
OFFLINE = (0.02, 0.2)  # chance that an app visit is told later; for phones that are often offline
APP_TELLS = 0.015  # chance that the app tells anew who is signed in
SIGNED_OUT = 0.1  # chance that a session has run out since the last visit
MOMENT: Micros = SECOND * 4 // 5


class Visit:
    """Writes what one person does in one go. `close` sends what had to wait for network."""

    __slots__ = ("_ad", "_from_app", "_held", "_last", "_outbox", "_page", "person")

    def __init__(self, person: Person, outbox: Outbox) -> None:
        self.person, self._outbox = person, outbox
        self._held: list[
            tuple[str, str, bytes]
        ] = []  # source, kind, event: from a device with a wrong clock or offline
        self._last: Micros = 0
        self._page = self._ad = ""
        self._from_app = False

    def report(self, place: Place, at: Micros) -> None:
        """Somebody is at a place: send the event, and who they are if that is told here."""
        person, source = self.person, place.source
        if at - person.visit_end > BREAK:
            self._begin(at)
        person.visit_end = self._last = at
        act = Act(person, place, at, facts(person, place, person.rng), person.rng)
        if source == "app" and person.app is not None:
            self._in_app(act, person.app)
        elif source in ("web", "chat", "ads"):
            self._in_browser(act)
        else:
            self._send(source, place.kind, WRITERS[source](act), at)

    def _begin(self, at: Micros) -> None:
        """A new visit: which browser, is somebody still signed in, is the phone online?"""
        person = self.person
        rng = person.rng
        person.browser = int(rng.random() * len(person.browsers)) if rng.random() < 0.6 else 0
        if rng.random() < SIGNED_OUT or person.browsers[person.browser].shared:
            person.signed_in &= ~(1 << person.browser)
        person.late = 0
        if rng.random() < OFFLINE[person.offline]:
            person.late = round(600 * SECOND * 700 ** rng.random())  # ten minutes to five days

    def _in_browser(self, act: Act) -> None:
        person, place = self.person, act.place
        device = person.browsers[person.browser]
        bit = 1 << person.browser
        _from(act, device)
        act.page, act.ad = self._page, self._ad
        act.signed_in = bool(person.signed_in & bit) or (place.source == "chat" and self._from_app)
        if place.source == "ads":
            self._ad = act.facts.get("campaign", "")
            self._send("ads", place.kind, WRITERS["ads"](act), act.at)
            return
        apart = place.source == "web" and device.skew != 0
        if apart:
            act.at += device.skew
        if place.sign_in and not act.signed_in:
            person.account = True
            person.signed_in |= bit
            self._send("web", "identify", web_identify(act), act.at, apart=apart)
            act.at += MOMENT
        self._send(place.source, place.kind, WRITERS[place.source](act), act.at, apart=apart)
        if place.source == "web":
            self._page, self._ad, self._from_app = path_of(act), "", False

    def _in_app(self, act: Act, device: Device) -> None:
        person = self.person
        _from(act, device)
        act.signed_in = person.app_ready
        apart = device.skew != 0 or person.late != 0
        act.at += device.skew
        if act.place.key == "signin" or (act.signed_in and person.rng.random() < APP_TELLS):
            self._send("app", "identify", app_identify(act), act.at, apart=apart)
            act.at += MOMENT
        self._send("app", act.place.kind, WRITERS["app"](act), act.at, apart=apart)
        self._from_app = act.signed_in

    def _send(self, source: str, kind: str, event: bytes, at: Micros, *, apart: bool = False) -> None:
        if apart:
            self._held.append((source, kind, event))
        else:
            self._outbox.put(source, kind, event, at, self.person.number)

    def close(self) -> None:
        """Send what was held back: the app's when the phone is online again, stamped by the device's own clock."""
        if not self._held:
            return
        person = self.person
        for source in ("web", "app"):
            events = [(kind, event) for held, kind, event in self._held if held == source]
            if events:
                device = person.app if source == "app" and person.app else person.browsers[person.browser]
                sent = self._last + 2 * SECOND + (person.late if source == "app" else 0)
                received = sent + SECOND // 2
                self._outbox.put_apart(source, events, person.number, sent + device.skew, received)


def _from(act: Act, device: Device) -> None:
    """The ids the device has by now."""
    now = len(device.since) - 1
    while now and act.at < device.since[now]:
        now -= 1
    act.anonymous, act.hardware = device.ids[now], device.hardware
    if device.hardware_ids:
        act.hardware_id = device.hardware_ids[now]


TEST_STEPS = ("home", "plan", "basket", "checkout", "order", "signin", "usage", "bot", "support")


def test_run(seed: int, run: int, at: Micros, outbox: Outbox) -> None:
    """One run of the test account: the whole shop in a browser and a phone nobody has seen before."""
    browser, app, phone = identities.test_devices(seed, run)
    tester = identities.person(seed, identities.TEST_PERSON, (at, at + SECOND))
    tester.persona = PERSONAS[0]
    tester.name, tester.email, tester.phone = "Test Account", identities.TEST_EMAIL, ""
    tester.user_id, tester.loyalty, tester.crm = identities.TEST_ACCOUNT, "", identities.TEST_CRM
    tester.city, tester.consent, tester.app_ready, tester.account = run % 12, {"analytics": True}, True, True
    tester.browsers, tester.browser = (Device((browser,), (0,), 8),), 0
    tester.app = Device((app,), (0,), 0, 0, (), (phone,))
    tester.rng.seed(identities.seed_of(seed, identities.TEST_PERSON, at))
    visit = Visit(tester, outbox)
    tester.visit_end = at
    for step in TEST_STEPS:
        visit.report(PLACES[NUMBER[step]], at)
        at += 20 * SECOND
    visit.close()
