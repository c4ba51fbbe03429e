"""The bounded queue in front of a hub: full, stopping, and with a batch in it that nobody can hear."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog

from harken import plugins
from harken.errors import Busy, HarkenError, Unavailable
from harken.hub import Hub, intake
from harken.hub.intake import Outcome
from harken.stores import Changes, Store, Tx
from harken.stores.lake import Lake
from harken.words import Answer, Event
from stories.hub.telling import NOW, Place, Places, batch, did, messages

POISON = b"poison-e1@example.test"


class FailingStore:
    """A store that cannot write events that carry the marker; in all else the one it was made from."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.transactions = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        with self._store.begin() as tx:
            self.transactions += 1
            write = tx.write

            def fail(changes: Changes) -> list[Event]:
                for event in changes.events:
                    if POISON in event.raw:
                        raise ValueError(f"cannot hold {event.raw!r}")
                return write(changes)

            tx.write = fail  # type: ignore[method-assign]
            yield tx


class Told:
    """What callers were told, by name, and a way to wait for all of them."""

    def __init__(self, callers: int) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._all = threading.Semaphore(0)
        self._callers = callers

    def caller(self, name: str) -> object:
        def done(outcome: Outcome) -> None:
            self.outcomes[name] = outcome
            self._all.release()

        return done

    def wait(self) -> dict[str, Outcome]:
        for _ in range(self._callers):
            assert self._all.acquire(timeout=30)
        return self.outcomes


def test_each_caller_gets_the_answer_to_its_own_batch(place: Place) -> None:
    """Many batches, one group or several, each with its own counts; read after the answer, the event is there."""
    hub, told = place.open(), Told(40)
    hub.intake.start()
    hub.intake.start()
    for number in range(40):
        events = [did("Hi", NOW + n, anon=f"b{number}") for n in range(number % 3 + 1)]
        hub.intake.submit(batch(events), told.caller(str(number)))  # type: ignore[arg-type]
    for name, outcome in told.wait().items():
        assert isinstance(outcome, Answer)
        assert outcome.accepted == int(name) % 3 + 1
        assert hub.profile(f"anonymous_id:b{name}").events == outcome.accepted


def test_a_poisonous_batch_fails_alone_and_is_told_without_what_it_holds(tmp_path: Path) -> None:
    """The others of its group are heard; caller and log learn the kind and place of the failure, nothing of a customer."""
    store = FailingStore(plugins.open_store("memory:"))
    hub = Hub(store, Lake(tmp_path / "lake"))  # type: ignore[arg-type]
    told = Told(64)
    with structlog.testing.capture_logs() as logs:
        hub.intake.start()
        for number in range(64):
            name = POISON.decode() if number == 17 else "fine"
            hub.intake.submit(batch([did(name, NOW + number, anon=f"b{number}")]), told.caller(str(number)))  # type: ignore[arg-type]
        outcomes = told.wait()
    failed = [name for name, outcome in outcomes.items() if not isinstance(outcome, Answer)]
    assert failed == ["17"]
    error = outcomes["17"]
    assert isinstance(error, HarkenError)
    assert "ValueError" in str(error)
    assert "poison" not in str(error)
    assert error.__cause__ is None
    assert len(hub.profiles(limit=100).data) == 63
    assert store.transactions < 40, "a few halves, not one for each batch"
    [entry] = [one for one in logs if one["log_level"] == "error"]
    assert entry["error"] == "ValueError"
    assert "in fail" in entry["at"]
    assert "poison-" not in str(entry)
    hub.close()


def test_after_a_failure_the_hub_remembers_what_the_store_holds(tmp_path: Path) -> None:
    """Nothing of the failed batch is left in memory: neither profile, trail nor count."""
    hub = Hub(FailingStore(plugins.open_store("memory:")), Lake(tmp_path / "lake"))  # type: ignore[arg-type]
    hub.hear([batch([did("Hi", NOW, anon="b1")])])
    with pytest.raises(ValueError, match="cannot hold"):
        hub.hear([batch([did("In", NOW + 1, anon="b1", user="ada"), did(POISON.decode(), NOW + 2, anon="b1")])])
    assert hub.profile("anonymous_id:b1").events == 1
    hub.hear([batch([did("Hi", NOW + 3, anon="b1")])])
    assert messages(hub, "anonymous_id:b1") == ["Hi", "Hi"]
    assert hub.profile("anonymous_id:b1").events == 2
    hub.close()


def test_a_full_queue_says_so_and_takes_nothing(place_of: Places) -> None:
    """Busy with when to come back, for too many batches and for too many bytes; what was queued is still heard."""
    hub, told = place_of("memory").open(), Told(3)
    go = threading.Event()
    hub.intake = intake.Intake(
        lambda batches: [go.wait(30) and one for one in hub.hear(batches)], batches=3, bytes=2_000
    )
    hub.intake.start()
    first = Told(1)
    hub.intake.submit(batch([did("Hi", NOW, anon="first")]), first.caller("first"))  # type: ignore[arg-type]
    while hub.intake.waiting[0]:
        pass
    for number in range(3):
        hub.intake.submit(batch([did("Hi", NOW, anon=f"b{number}")]), told.caller(str(number)))  # type: ignore[arg-type]
    with pytest.raises(Busy) as busy:
        hub.intake.submit(batch([did("Hi", NOW, anon="b9")]), print)
    assert busy.value.retry_after >= 1
    go.set()
    first.wait()
    assert all(isinstance(one, Answer) for one in told.wait().values())
    assert hub.intake.waiting == (0, 0)
    with pytest.raises(Busy):
        hub.intake.submit(batch([did("Hi", NOW + n, anon="b9") for n in range(20)]), print)
    assert len(hub.profiles().data) == 4


def test_stopping_hears_what_is_queued_and_takes_nothing_more(place: Place) -> None:
    """A graceful stop: every queued batch is answered and durable; who comes later is told to come again."""
    hub, told = place.open(), Told(30)
    with pytest.raises(Unavailable, match="stopping"):
        hub.intake.submit(batch([did("Early", NOW, anon="b")]), print)
    hub.intake.start()
    for number in range(30):
        hub.intake.submit(batch([did("Hi", NOW, anon=f"b{number}")]), told.caller(str(number)))  # type: ignore[arg-type]
    hub.intake.stop()
    assert len(told.outcomes) == 30
    assert all(isinstance(one, Answer) for one in told.outcomes.values())
    assert not hub.intake.running
    with pytest.raises(Unavailable):
        hub.intake.submit(batch([did("Late", NOW, anon="b")]), print)
    hub = place.again(hub)
    assert len(hub.profiles().data) == 30
    hub.intake.start()
    again = Told(1)
    hub.intake.submit(batch([did("Back", NOW, anon="b")]), again.caller("one"))  # type: ignore[arg-type]
    assert isinstance(again.wait()["one"], Answer)


def test_a_caller_who_cannot_be_told_does_not_stop_the_hub(place_of: Places) -> None:
    """Its answer is lost (it will send again); the next callers are heard."""
    hub, told = place_of("memory").open(), Told(1)

    def gone(outcome: Outcome) -> None:
        raise RuntimeError("the event loop is closed")

    hub.intake.start()
    hub.intake.submit(batch([did("Hi", NOW, anon="b1")]), gone)
    while hub.counted.events < 1:
        pass
    hub.intake.submit(batch([did("Hi", NOW, anon="b2")]), told.caller("two"))  # type: ignore[arg-type]
    assert isinstance(told.wait()["two"], Answer)


def test_a_closed_store_is_an_error_to_the_caller(place: Place) -> None:
    """Behavior 31: a failed write is never only a log line, whatever the store."""
    hub, told = place.open(), Told(2)
    hub.intake.start()
    hub.core.store.close()
    for name in ("one", "two"):
        hub.intake.submit(batch([did("Hi", NOW, anon=name)]), told.caller(name))  # type: ignore[arg-type]
    assert all(isinstance(one, Unavailable) for one in told.wait().values())
