"""One customer's right: everything the hub holds of them as JSON; or gone everywhere, with a receipt for each place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

from harken import listen, recognize
from harken.errors import NotFound
from harken.hub.by_hand import DECIDED, apply
from harken.hub.core import Core
from harken.hub.customers import Customers, Happening, Identity
from harken.hub.learning import unlearn
from harken.hub.met import events_of
from harken.remember import Customer
from harken.stores import Changes, Settled, Tx, View
from harken.words import Identifier, Known, Micros, Trail, digest

SHORTEST = 4  # characters an identifier needs to be looked for within text that is no JSON
LONG = 8  # shorter ones are only looked for in fields called like an id
MOST = 512  # longer values are no identifiers
PAGE = 500


class Receipt(Struct, frozen=True, kw_only=True):
    """Proof of an erasure, without anything personal in it: each place, and how much was removed there."""

    id: str
    at: Micros
    by: str
    reason: str
    places: dict[str, int]


class Export(Struct, frozen=True, kw_only=True):
    """All a hub holds about one customer."""

    profile: Customer
    identity: Identity
    events: list[Happening]


class Privacy:
    """Erase and export."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._customers = Customers(core)

    def export(self, ref: str) -> Export:
        """One customer whole."""
        events: list[Happening] = []
        before = ""
        while True:
            page = self._customers.timeline(ref, before=before, limit=1_000)
            events.extend(page.data)
            before = page.next
            if not before:
                break
        return Export(profile=self._customers.profile(ref), identity=self._customers.identity(ref), events=events)

    def erase(self, ref: str, *, by: str, reason: str = "") -> Receipt:
        """Remove one customer everywhere: tail, lake, trails, identity, segments, timers, inbox, working memory. The
        ids of the events stay claimed, so that a client's resend cannot bring them back."""
        core = self._core
        receipt = core.write(lambda tx: self._erase(tx, ref, by, reason))
        with core.read() as view:
            manifest = view.manifest()
        core.index.forget()
        if manifest:
            core.lake.publish(manifest)
        core.lake.sweep(manifest, 0)
        return receipt

    def _erase(self, tx: Tx, ref: str, by: str, reason: str) -> Receipt:
        core = self._core
        pid = core.find(tx, ref).pid
        trails = tx.trails_of([pid]).get(pid, [])
        known = tx.known_of([pid]).get(pid, [])
        if not trails and not known:
            raise NotFound(f"nothing is known about '{ref}'", code="unknown_identifier")
        ids = [one.id for one in known]
        neighbors = {end for row in tx.evidence(ids) for end in (row.a, row.b)} - {*ids}
        devices = {trail.device for trail in trails} - {*ids, ""}
        heard = events_of(core, tx, [trail.tid for trail in trails])
        lessons = unlearn(
            tx, [core.reread(one) for one in heard if one.type == "response"], digest(pid, str(core.clock()))
        )
        places, changes = self._places(tx, pid, trails, known)
        places["lessons of decisions"] = lessons
        tx.write(changes)
        core.working.forget()  # before anybody can hear with what it remembers
        places["sign-ins"] = _forget_sign_ins(tx, devices, {*ids})
        self._look_again(tx, neighbors | devices)
        for note, body in tx.notes(DECIDED).items():
            if not {*ids}.isdisjoint(note.split(":")) or any(id.encode() in body for id in ids):
                tx.write_note(note, b"")
        at = core.clock()
        receipt = Receipt(id=digest("erasure", pid, str(at)), at=at, by=by, reason=reason, places=places)
        tx.write_note(f"erasure:{receipt.id}", msgspec.json.encode(receipt))
        core.working.forget()
        core.erasures += 1
        return receipt

    def _places(
        self, tx: Tx, pid: str, trails: Sequence[Trail], known: Sequence[Known]
    ) -> tuple[dict[str, int], Changes]:
        """Remove what one verb of the store removes, counted by place; and the changes that remove the rest."""
        core, profile, manifest = self._core, tx.profiles([pid]), tx.manifest()
        tids, ids = [trail.tid for trail in trails], [one.id for one in known]
        lean, from_lake = core.lake.erase(manifest, tids)
        places = {
            "recent events": tx.erase_events(tids),
            "lake": from_lake,
            "trails": len(tids),
            "evidence": len(tx.evidence(ids)),
            "identifiers": tx.erase_known(ids),
            "profile": len(profile),
            "segments": sum(len(one.segments) for one in profile.values()),
            "segment log": tx.erase_memberships({pid, *ids}),  # every id of theirs may have been the profile's once
            "dead letters": tx.erase_dead_letters(_letters_of(tx, known, core.plans.listen)),
        }
        changes = Changes(dropped_trails=tids, dropped_profiles=[pid], dropped_timers=[(pid, "segment")])
        if lean != manifest:
            changes.settled = Settled(through=core.lake.settled_through(manifest), manifest=lean, before=manifest)
        return places, changes

    def _look_again(self, tx: Tx, ids: set[str]) -> None:
        """Others that were seen beside the erased, as if those had never been heard."""
        core, there = self._core, sorted(tx.known(ids))
        if there:
            core.working.begin()
            core.working.load_component(tx, there, core.plans, past=True)
            apply(core, tx, recognize.rejudge(core.working.graph, there, core.plans.recognize))

    def receipts(self) -> list[Receipt]:
        """Every erasure so far, newest first."""
        with self._core.read() as view:
            notes = view.notes("erasure:")
        receipts = [msgspec.json.decode(note, type=Receipt) for note in notes.values()]
        return sorted(receipts, key=lambda one: (-one.at, one.id))


def _forget_sign_ins(tx: Tx, devices: Iterable[str], erased: set[str]) -> int:
    """Take sign-ins of erased accounts from devices that are others'; how many. Between those of one customer the
    device was theirs all the time."""
    changed, gone = [], 0
    for device in tx.known(devices).values():
        left: list[tuple[Micros, Micros, str]] = []
        for since, until, account in device.claims:
            if account in erased:
                gone += 1
            elif left and left[-1][2] == account:
                left[-1] = (left[-1][0], until, account)
            else:
                left.append((since, until, account))
        if len(left) < len(device.claims):
            following = [*(one[0] for one in left[1:]), 0]
            device.claims = [(since, end, account) for (since, _, account), end in zip(left, following, strict=True)]
            changed.append(device)
    tx.write(Changes(known=changed))
    return gone


def _letters_of(view: View, known: Sequence[Known], plan: listen.Plan) -> set[str]:
    """The texts of dead letters that name one of these identifiers, in any state: as the whole value of a field, cased
    and written as the client did. A letter that is no JSON names one when it holds the text of it."""
    sought = {(one.kind, one.value) for one in known}
    found: set[str] = set()
    after = 0
    while letters := view.dead_letters(after, PAGE, ""):
        after = letters[-1].id
        for letter in letters:
            text = letter.raw.decode(errors="ignore")
            try:
                told = _scalars(msgspec.json.decode(letter.raw))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                lowered = text.lower()
                if any(len(value) >= SHORTEST and value.lower() in lowered for _, value in sought):
                    found.add(text)
                continue
            if any(_names(field, value, sought, plan) for field, value in told):
                found.add(text)
    return found


def _scalars(told: object) -> Iterator[tuple[str, str]]:
    """Every (field, text or number) of a JSON value."""
    waiting: list[tuple[str, object]] = [("", told)]
    while waiting:
        field, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.items())
        elif isinstance(value, list):
            waiting.extend((field, one) for one in value)
        elif isinstance(value, (str, int)) and not isinstance(value, bool):
            yield field, str(value)


def _names(field: str, value: str, sought: set[tuple[str, str]], plan: listen.Plan) -> bool:
    """Whether a field names one of the identifiers: short values only in a field called like an id."""
    for kind, wanted in sought:
        if len(wanted) < LONG and not _like_an_id(field, kind):
            continue
        if value == wanted:
            return True
        if len(value) <= MOST and (read := listen.normalize(Identifier(kind, value), plan)) and read.value == wanted:
            return True
    return False


def _like_an_id(field: str, kind: str) -> bool:
    plain = field.lower().replace("_", "")
    return plain in {
        kind.replace("_", ""),
        kind.replace("_id", ""),
        "id",
        "value",
        "previousid",
        "userid",
        "anonymousid",
    }
