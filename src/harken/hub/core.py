"""What every part of a hub shares: store, lake, clock, configuration, working memory; and the one way to write."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TypeVar, cast

import msgspec
from msgspec import Struct

from harken import decide, listen, plugins, recognize, remember
from harken.decide import Policy
from harken.errors import HarkenError, Invalid, NotFound, Unavailable
from harken.hub.working import Plans, Working
from harken.listen.inside import properties_in
from harken.manage import documents
from harken.stores import Retry, Store, Tx, View
from harken.stores.lake import Lake, Vanished
from harken.stores.lake.index import Index
from harken.understand.learned import SILENCES, Learned, contexts_of, unpacked
from harken.words import DEFAULT_STAGES, Config, Event, Identifier, Known, Micros, Source

_LEARNED, _MADE = "learned", "learned:made"  # notes: the snapshot, and when it was made of how many events
ATTEMPTS = 12  # of one transaction that meets other nodes
T = TypeVar("T")


class Counted(Struct, kw_only=True):
    """What a hub counts about itself since it started; `/metrics` shows them."""

    events: int = 0
    duplicates: int = 0
    dropped: int = 0
    batches: int = 0
    commits: int = 0
    retries: int = 0
    refolds: int = 0
    moved: int = 0
    seconds: float = 0.0


class Core:
    """One hub's shared parts. `write` is the only way to change anything."""

    def __init__(self, store: Store, lake: Lake, clock: Callable[[], Micros], cache: int) -> None:
        self.store = store
        self.lake = lake
        self.index = Index(lake, properties_in, self.reread)
        self.clock = clock
        self.counted = Counted()
        self.erasures = 0  # customers erased on this node; whoever keeps events in memory lets go when it grows
        self.working = Working(limit=cache)
        self.writes = 0  # transactions of this hub so far
        self.refiled = b""  # the manifest this transaction puts in force, if any
        self.plans = plans_of(Config())
        self._snapshot: tuple[bytes, Learned | None, remember.Foretold | None] = b"", None, None
        with store.read() as view:
            self.load_config(view)

    def load_config(self, view: View) -> None:
        """Take up the published configuration as this view sees it."""
        published = view.documents(state="published")
        self.plans = plans_of(documents.config(published, view.config_version()), self.foretold(view))
        self.working.forget()  # it was filled by the plans before

    def reread(self, event: Event) -> Event:
        """A stored event in full, by the plans in force."""
        return listen.reread(event, self.plans.listen)

    def write(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in one transaction, again when another node was first."""
        gone: Vanished | None = None
        for attempt in range(ATTEMPTS):
            try:
                with self.begin() as tx:
                    return work(tx)
            except (Retry, Vanished) as error:  # another node was first, or swept the lake's files we were reading
                gone = error if isinstance(error, Vanished) else None
                self.counted.retries += 1
                time.sleep(random.random() * 0.002 * 2 ** min(attempt, 7))  # noqa: S311
        if gone:
            raise gone  # no sweep lasts that long: the files are not there
        raise Unavailable("other nodes kept changing the same customers; try again")

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """One writing transaction. What is remembered between transactions is forgotten whenever it may be wrong: others
        wrote, or this one failed half-way; and before the next one of this process can begin."""
        with self.working.lock:
            try:
                with self.store.begin() as tx:
                    if not tx.fresh:
                        self.working.forget()
                        if tx.config_version() != self.plans.config.version or self._foretells_otherwise(tx):
                            self.load_config(tx)
                    yield tx
            except BaseException:
                self.working.forget()
                self.refiled = b""
                raise
            self.writes += 1
            if self.refiled:
                with suppress(HarkenError):  # what is heard is durable; the copy follows with the next change
                    self.lake.publish(self.refiled)
                self.refiled = b""

    @contextmanager
    def read(self) -> Iterator[View]:
        """One consistent snapshot."""
        with self.store.read() as view:
            yield view

    # ------------------------------------------------------------------ what is learned of what comes next

    def learned(self, view: View) -> Learned | None:
        """The snapshot in the store; None: there is none, or none that this version reads."""
        return self._learned(view)[1]

    def foretold(self, view: View) -> remember.Foretold | None:
        """The chances of goals by that snapshot, as rules look them up."""
        return self._learned(view)[2]

    def learned_when(self, view: View) -> tuple[Micros, int]:
        """When the snapshot was made, and how many events there were; 0, 0: there is none."""
        made, _, seq = view.note(_MADE).partition(b".")
        return (int(made), int(seq)) if made else (0, 0)

    def keep_learned(self, tx: Tx, made: Learned, data: bytes) -> None:
        """Put another snapshot in its place."""
        tx.write_note(_LEARNED, data)
        tx.write_note(_MADE, f"{made.made}.{made.last_seq}".encode())

    def _learned(self, view: View) -> tuple[bytes, Learned | None, remember.Foretold | None]:
        version = view.note(_MADE)
        if version != self._snapshot[0]:
            found: Learned | None = None
            with suppress(Invalid):  # of another version of Harken: it is made anew within a day
                found = unpacked(view.note(_LEARNED))
            self._snapshot = version, found, None if found is None else foretold_of(found)
        return self._snapshot

    def _foretells_otherwise(self, tx: Tx) -> bool:
        """Whether another node has learned anew, and rules here look it up."""
        plan = self.plans.remember
        return plan.foretells and plan.foretold is not self.foretold(tx)

    def find(self, view: View, ref: str) -> Known:
        """The identifier a reference means: `kind:value`, normalized as events are, or a profile or identifier id.
        NotFound says what may be wrong."""
        id = self.identifier_id(ref)
        found = view.known([id]).get(id) or view.known([ref]).get(ref)
        if found is None:
            kinds = ", ".join(key.id for key in self.plans.config.keys)
            raise NotFound(
                f"nobody is known by '{ref}' (yet). Ask with kind:value, where kind is one of {kinds}; an identifier is "
                "known once an event that carries it was heard, and blocked or quarantined values recognize nobody",
                code="unknown_identifier",
            )
        return found

    def identifier_id(self, ref: str) -> str:
        """`email:Ada@Example.test` -> the id of the normalized identifier; anything without a known kind is an id."""
        kind, colon, value = ref.partition(":")
        if not colon:
            return ref
        normalized = listen.normalize(Identifier(kind, value), self.plans.listen)
        return (normalized or Identifier(kind, value)).id


def plans_of(config: Config, foretold: remember.Foretold | None = None) -> Plans:
    """Compile the configuration for each stage; `foretold` is where its rules look up chances."""
    return Plans(
        config=config,
        listen=listen.prepare(config),
        recognize=recognize.prepare(config),
        remember=remember.prepare(config, foretold),
        decide=decide.prepare(
            config.acting,
            version=config.version,
            there=decide.There(
                stages=[stage.id for stage in config.stages or DEFAULT_STAGES],
                goals=config.goals,
                segments=config.segments,
                policies=policies(),
            ),
            channels={touchpoint.id: touchpoint.channel for touchpoint in config.touchpoints},
        ),
    )


def foretold_of(made: Learned) -> remember.Foretold:
    """A snapshot as rules look it up."""
    ids = made.plain.ids
    return remember.Foretold(
        silences=SILENCES,
        known=frozenset(ids[: len(ids) - made.plain.rest]),
        rest=made.plain.rest,
        goals={
            goal: remember.Table(
                contexts_of(model, remember.BEGIN),
                {id: tuple(row) for id, row in zip(ids, made.fading(goal), strict=True)},
            )
            for goal, model in made.goals.items()
        },
    )


def policies() -> Mapping[str, Policy]:
    """Every way to rank actions there is, by name."""
    return cast("Mapping[str, Policy]", plugins.every("harken.decide.policies", "POLICY"))


def source_of(config: Config, id: str) -> Source:
    """A source by id; one that nobody configured gets the defaults, so a first event needs no set-up."""
    return config.sources.get(id) or Source(id=id)


def need(condition: bool, message: str) -> None:
    """Raise Invalid with the message unless the condition holds."""
    if not condition:
        raise Invalid(message)


def to_json(value: object) -> bytes:
    return msgspec.json.encode(value)
