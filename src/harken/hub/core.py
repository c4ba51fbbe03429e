"""What every part of a hub shares: store, lake, clock, configuration, working memory; and the one way to write."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import msgspec
from msgspec import Struct

from harken import listen, recognize, remember
from harken.errors import HarkenError, Invalid, NotFound, Unavailable
from harken.hub.working import Plans, Working
from harken.listen.inside import properties_in
from harken.manage import documents
from harken.stores import Retry, Store, Tx, View
from harken.stores.lake import Lake, Vanished
from harken.stores.lake.index import Index
from harken.words import Config, Event, Identifier, Known, Micros, Source

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
        with store.read() as view:
            self.load_config(view)

    def load_config(self, view: View) -> None:
        """Take up the published configuration as this view sees it."""
        published = view.documents(state="published")
        self.plans = plans_of(documents.config(published, view.config_version()))
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
                        if tx.config_version() != self.plans.config.version:
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


def plans_of(config: Config) -> Plans:
    """Compile the configuration for each stage."""
    return Plans(
        config=config,
        listen=listen.prepare(config),
        recognize=recognize.prepare(config),
        remember=remember.prepare(config),
    )


def source_of(config: Config, id: str) -> Source:
    """A source by id; one that nobody configured gets the defaults, so a first event needs no set-up."""
    return config.sources.get(id) or Source(id=id)


def need(condition: bool, message: str) -> None:
    """Raise Invalid with the message unless the condition holds."""
    if not condition:
        raise Invalid(message)


def to_json(value: object) -> bytes:
    return msgspec.json.encode(value)
