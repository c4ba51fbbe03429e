"""Every store x what one transaction promises, and the small things it keeps: letters, documents, keys, notes."""

from __future__ import annotations

import pytest

from contracts.stores import (
    NOW,
    Place,
    document,
    dropped,
    event,
    evidence,
    known,
    profile,
    stored,
    tid,
    timer,
    trail,
    undone,
    write,
)
from harken.errors import Unavailable
from harken.stores import Changes, Settled, Store, View, letter_key
from harken.words import AccessKey, DeadLetter, Membership


def everything(view: View) -> dict[str, object]:
    """What can be read without knowing ids, plus what the ids of `fill` bring."""
    names = [known("a").id, known("b").id]
    return {
        "counts": dict(view.counts()), "tail": view.tail(0, 100), "last": view.last_seq(), "manifest": view.manifest(),
        "known": view.known(names), "evidence": view.evidence(names), "profiles": view.list_profiles("", 100),
        "members": view.list_profiles("", 100, "s"), "memberships": view.memberships(0, 100), "due": view.due(NOW * 2, 100),
        "letters": view.dead_letters(0, 100, ""), "documents": view.documents(), "version": view.config_version(),
        "keys": view.keys(), "notes": view.notes(""), "found": view.find_known(""), "quarantined": view.quarantined(),
        "trails": {key: stored(one) for key, one in view.trails([tid("ada"), tid("bob")]).items()},
        "owners": dict(view.profile_ids_of_trails()),
    }  # fmt: skip


def fill(store: Store, explode: bool) -> None:
    with store.begin() as tx:
        tx.claim([event(1).id], 5)
        tx.write(
            Changes(
                trails=[trail("ada"), trail("bob")], events=[event(1), event(2)], known=[known("a"), known("b", quarantined=True)],
                evidence=[evidence("a", "b")], profiles=[profile("a", segments={"s": NOW})], timers=[timer("a", NOW)],
                memberships=[Membership(pid="p", segment="s", entered=True, at=NOW)], dropped=[dropped(b"x")],
            )
        )  # fmt: skip
        tx.write(Changes(refiled={1: tid("bob")}, relabeled={2: "x"}, settled=Settled(through=1, manifest=b"m")))
        tx.write_documents([document("d")])
        tx.write_keys([AccessKey(id="k", kind="write", hashed="", hint="")])
        tx.write_note("n", b"v")
        tx.mark_dead_letters([1], "discarded")
        tx.erase_known([known("b").id])
        tx.write(Changes(dropped_trails=[tid("ada")], refiled={2: tid("bob")}, events=[event(3, "bob")]))
        tx.erase_events([tid("nobody")])
        tx.forget_seen(2, 10)
        if explode:
            raise ZeroDivisionError


def test_an_exception_leaves_nothing_behind(store: Store) -> None:
    with store.read() as view:
        empty = everything(view)
    with pytest.raises(ZeroDivisionError):
        fill(store, explode=True)
    with store.read() as view:
        assert everything(view) == empty
    fill(store, explode=False)
    with store.read() as view:
        full = everything(view)
    assert full != empty
    with undone(store) as tx:
        tx.erase_events([tid("bob")])
        tx.erase_known([known("a").id])
        tx.erase_memberships(["p"])
        tx.erase_dead_letters(["x"])
        tx.forget_seen(99, 99)
        tx.write(
            Changes(
                dropped_trails=[tid("bob")],
                dropped_profiles=[known("a").id],
                dropped_timers=[(known("a").id, "segment")],
            )
        )
        tx.write_note("n", b"")
    with store.read() as view:
        assert everything(view) == full


@pytest.mark.parametrize(
    "error", [FileNotFoundError(2, "gone", "lake/x.parquet"), PermissionError("no"), KeyError("k")]
)
def test_what_goes_wrong_in_a_block_of_the_caller_comes_out_as_it_is(store: Store, error: Exception) -> None:
    """A lake file that is gone while a map is counted is no broken store."""

    def write() -> None:
        with store.begin() as tx:
            tx.write_note("n", b"v")
            raise error

    def look() -> None:
        with store.read() as view:
            assert view.note("n") == b""
            raise error

    for block in (write, look):
        with pytest.raises(type(error)) as raised:
            block()
        assert raised.value is error


def test_a_transaction_sees_what_it_wrote_and_had_found_missing_before(store: Store) -> None:
    with store.begin() as tx:
        assert tx.known([known("a").id]) == tx.trails([tid("ada")]) == tx.profiles([known("a").id]) == {}
        tx.write(Changes(trails=[trail("ada")], events=[event(1)], known=[known("a")], profiles=[profile("a")]))
        tx.write_note("n", b"v")
        assert len(tx.tail(0, 10)) == len(tx.events([tid("ada")])) == tx.last_seq() == 1
        assert set(tx.known([known("a").id])) == set(tx.profiles([known("a").id])) == {known("a").id}
        assert set(tx.trails([tid("ada")])) == {tid("ada")}
        assert tx.note("n") == b"v"


def test_changing_what_was_read_or_written_changes_nothing_in_the_store(store: Store) -> None:
    mine, who, one = trail("ada"), known("d", "anonymous_id", claims=[(1, 2, "x")]), profile("a", segments={"s": 1})
    write(store, trails=[mine], known=[who], profiles=[one])
    mine.state, who.degree, one.judged = b"changed", 99, 99
    who.claims.append((3, 4, "y"))
    one.segments["t"] = 2
    with store.read() as view:
        assert view.trails([mine.tid])[mine.tid].state == b"state"
        assert view.known([who.id])[who.id].claims == [(1, 2, "x")]
        assert view.profiles([one.pid])[one.pid].segments == {"s": 1}
        read = view.profiles([one.pid])[one.pid]
        read.segments["u"] = 3
        view.known([who.id])[who.id].claims.clear()
        view.trails([mine.tid])[mine.tid].state = b""
        assert view.profiles([one.pid])[one.pid].segments == {"s": 1}
        assert view.known([who.id])[who.id].claims == [(1, 2, "x")]
        assert view.trails([mine.tid])[mine.tid].state == b"state"


def test_an_empty_store_answers_everything_with_nothing(store: Store) -> None:
    with store.read() as view:
        seen = everything(view)
        assert {key for key, value in seen.items() if value not in ({}, [], 0, b"")} == {"counts"}
        assert set(view.counts()) == {"events", "trails", "known", "profiles", "dead_letters", "seen", "timers"}
        assert not any(view.counts().values())
        assert view.note("x") == b""
    with store.begin() as tx:
        assert tx.write(Changes()) == []
        assert tx.erase_events([]) == tx.erase_known([]) == tx.forget_seen(10, 10) == 0


def test_a_closed_store_says_so(place: Place) -> None:
    store = place.open()
    store.close()
    store.close()
    with pytest.raises(Unavailable), store.begin():
        pass
    with pytest.raises(Unavailable), store.read():
        pass


def test_check_shows_the_scheme_and_that_all_is_well(store: Store) -> None:
    facts = store.check()
    assert facts["store"] == store.scheme
    assert all(isinstance(key, str) and isinstance(value, str) for key, value in facts.items())


def test_dead_letters_keep_what_was_wrong_and_where(store: Store) -> None:
    write(store, dropped=[dropped(b"{", index=3), dropped(b"\xff\0", reason="bad_row", where="t.csv:18", index=9)])
    with store.read() as view:
        first, second = view.dead_letters(0, 10)
    assert first == DeadLetter(
        id=first.id,
        at=NOW,
        source="shop",
        dialect="segment",
        reason="not_json",
        detail="byte 1: expected {",
        where="#3",
        raw=b"{",
        last=NOW,
    )
    assert (second.reason, second.where, second.raw) == ("bad_row", "t.csv:18", b"\xff\0")
    assert second.id > first.id


def test_dead_letters_are_marked_listed_by_state_and_never_numbered_twice(store: Store) -> None:
    write(store, dropped=[dropped(b"%d" % n) for n in range(5)])
    with store.read() as view:
        ids = [one.id for one in view.dead_letters(0, 10)]
    with store.begin() as tx:
        tx.mark_dead_letters(ids[:2], "replayed")
        tx.mark_dead_letters([ids[2], 999], "discarded")
    with store.read() as view:
        assert [one.id for one in view.dead_letters(0, 10)] == ids[3:]
        assert [(one.id, one.state) for one in view.dead_letters(0, 10, "replayed")] == [
            (id, "replayed") for id in ids[:2]
        ]
        assert [one.id for one in view.dead_letters(ids[1], 2, "")] == ids[2:4]
        assert view.counts()["dead_letters"] == 2
    with store.begin() as tx:
        assert tx.erase_dead_letters([str(n) for n in range(5)]) == 5
    write(store, dropped=[dropped(b"later")])
    with store.read() as view:
        assert view.dead_letters(0, 10, "")[0].id > ids[-1]


def test_what_comes_again_is_counted_in_its_open_letter(store: Store) -> None:
    write(store, dropped=[dropped(b"x", received=NOW + 5), dropped(b"y"), dropped(b"x", received=NOW + 7, index=4)])
    write(store, dropped=[dropped(b"x", received=NOW + 1, detail="told otherwise"), dropped(b"z")])
    with store.read() as view:
        first, *others = view.dead_letters(0, 10)
        assert (first.raw, first.count, first.at, first.last) == (b"x", 3, NOW + 1, NOW + 7)
        assert (first.where, first.detail) == ("#0", "byte 1: expected {")
        assert [(one.raw, one.count) for one in others] == [(b"y", 1), (b"z", 1)]
        assert view.counts()["dead_letters"] == 3
    with store.begin() as tx:
        tx.mark_dead_letters([first.id], "discarded")
        tx.write(Changes(dropped=[dropped(b"x")]))
    with store.read() as view:
        assert [(one.raw, one.count) for one in view.dead_letters(0, 10)] == [(b"y", 1), (b"z", 1), (b"x", 1)]
        assert [one.count for one in view.dead_letters(0, 10, "discarded")] == [3]


def test_letters_that_would_be_heard_otherwise_are_others(store: Store) -> None:
    different = [
        dropped(b"x"), dropped(b"x", source="app"), dropped(b"x", reason="no_type"), dropped(b"x", dialect="harken"),
        dropped(b"x", trusted=True), dropped(b"x", where="t.csv:7", line=7), dropped(b"x", where="t.csv:8", line=8),
    ]  # fmt: skip
    write(store, dropped=[*different, dropped(b"x", where="t.csv:8", line=8), dropped(b"x", where="elsewhere")])
    with store.read() as view:
        letters = view.dead_letters(0, 10)
        assert [(one.line, one.trusted, one.count) for one in letters] == [
            (0, False, 2), (0, False, 1), (0, False, 1), (0, False, 1), (0, True, 1), (7, False, 1), (8, False, 2),
        ]  # fmt: skip
        keys = [letter_key(one) for one in different]
        assert keys == [letter_key(one) for one in letters]
        assert view.letters_open([*keys, "unheard of"]) == {*keys}
    with store.begin() as tx:
        tx.mark_dead_letters([letters[0].id], "replayed")
        assert tx.letters_open(keys) == {*keys[1:]}
        assert tx.letters_open([]) == set()


def test_the_room_letters_take_is_counted_by_source(store: Store) -> None:
    wide = "s\0" * 3_000
    write(
        store,
        dropped=[
            dropped(b"12345"),
            dropped(b"12345"),
            dropped(b""),
            dropped(b"1", source=wide),
            dropped(b"2", source=""),
        ],
    )
    with store.read() as view:
        held = [view.letters_held(source) for source in ("shop", wide, "", "nobody")]
        letters = view.dead_letters(0, 10)
    assert held == [(2, 5), (1, 1), (1, 1), (0, 0)]
    with store.begin() as tx:
        tx.mark_dead_letters([letters[0].id], "discarded")
        assert tx.letters_held("shop") == (1, 0)


def test_letters_are_counted_by_source_and_reason(store: Store) -> None:
    for _ in range(2):  # the same thing again is one letter that came twice
        write(store, dropped=[dropped(b"1"), dropped(b"2"), dropped(b"3", source="")])
    with store.begin() as tx:
        reason = tx.dead_letters(0, 1)[0].reason
        assert tx.letters_counted("open") == [("", reason, 1, 2), ("shop", reason, 2, 4)]
        tx.mark_dead_letters([tx.dead_letters(0, 1)[0].id], "discarded")
        assert tx.letters_counted("discarded") == [("shop", reason, 1, 2)]
        assert tx.letters_counted("replayed") == []
    with store.read() as view:
        assert view.letters_counted("open") == [("", reason, 1, 2), ("shop", reason, 1, 2)]


def test_of_several_open_letters_alike_the_first_counts(store: Store) -> None:
    for _ in range(2):
        write(store, dropped=[dropped(b"x")])
        with store.begin() as tx:
            tx.mark_dead_letters([one.id for one in tx.dead_letters(0, 9)], "discarded")
    with store.begin() as tx:
        tx.mark_dead_letters([one.id for one in tx.dead_letters(0, 9, "discarded")], "open")
        tx.write(Changes(dropped=[dropped(b"x"), dropped(b"x")]))
        assert [one.count for one in tx.dead_letters(0, 9)] == [3, 1]


def test_the_log_of_segments_forgets_whom_it_shall(store: Store) -> None:
    entered = [Membership(pid=pid, segment="s", entered=True, at=NOW) for pid in ("p", "q", "p", "r")]
    write(store, memberships=entered)
    with store.begin() as tx:
        assert tx.erase_memberships(["p", "r", "nobody"]) == 3
        assert tx.erase_memberships([]) == 0
        tx.write(Changes(memberships=[Membership(pid="t", segment="s", entered=False, at=NOW)]))
    with store.read() as view:
        assert [(one.seq, one.pid) for one in view.memberships(0, 10)] == [(2, "q"), (5, "t")]
        assert [one.pid for one in view.memberships(2, 10)] == ["t"]


def test_erase_dead_letters_finds_a_value_however_json_writes_it(store: Store) -> None:
    raws = [
        '{"email": "zoë@x.test"}'.encode(), b'{"email": "zo\\u00eb@x.test"}', b'{"email": "zo\\u00EB@x.test"}',
        b'{"n": "say \\"hi\\""}', b'say "hi" plainly', b"\0zo\xc3\xab@x.test\xff", b"someone else", b"",
    ]  # fmt: skip
    write(store, dropped=[dropped(raw) for raw in raws])
    with store.begin() as tx:
        tx.mark_dead_letters([1], "replayed")
        assert tx.erase_dead_letters(["zoë@x.test", 'say "hi"', ""]) == 6
        assert tx.erase_dead_letters([""]) == tx.erase_dead_letters([]) == 0
    with store.read() as view:
        assert [one.raw for one in view.dead_letters(0, 10, "")] == [b"someone else", b""]


def test_documents_are_versions_and_every_write_raises_the_configuration_version(store: Store) -> None:
    with store.read() as view:
        assert view.config_version() == 0
    with store.begin() as tx:
        tx.write_documents([document("b", 2), document("a", 10), document("b", 1), document("a", 9, kind="stage")])
    with store.read() as view:
        first = view.config_version()
        assert [(one.kind, one.id, one.version) for one in view.documents()] == [
            ("segment", "a", 10), ("segment", "b", 1), ("segment", "b", 2), ("stage", "a", 9),
        ]  # fmt: skip
    with store.begin() as tx:
        tx.write_documents([document("b", 2, state="published", body=b"\0{}", by="eve", reason="because")])
    with store.begin() as tx:
        tx.write_documents([])
        assert tx.config_version() > first
    with store.read() as view:
        assert view.documents(state="published") == [
            document("b", 2, state="published", body=b"\0{}", by="eve", reason="because")
        ]
        assert view.documents("segment", "b") == [document("b", 1), *view.documents(state="published")]
        assert view.documents("segment", "b", "retired") == view.documents("nothing") == []
        second = view.config_version()
    with undone(store) as tx:
        tx.write_documents([document("c")])
    with store.read() as view:
        assert view.config_version() == second > first


def test_keys_are_replaced_by_id_and_listed_with_everything(store: Store) -> None:
    write_key = AccessKey(
        id="k2",
        kind="write",
        hashed="ab" * 32,
        hint="beef",
        source="shop",
        label="Web",
        origins=("https://a.test", "http://b"),
        per_second=50,
        created=NOW,
    )
    secret = AccessKey(id="k1", kind="secret", hashed="cd" * 32, hint="cafe", created=NOW + 1)
    with store.begin() as tx:
        tx.write_keys([secret, write_key])
    with store.read() as view:
        assert view.keys() == [write_key, secret]
    revoked = AccessKey(id="k2", kind="write", hashed="ab" * 32, hint="beef", created=NOW, revoked=NOW + 2)
    with store.begin() as tx:
        tx.write_keys([revoked])
        assert tx.keys() == [revoked, secret]


def test_notes_are_written_replaced_removed_and_found_by_prefix(store: Store) -> None:
    with store.begin() as tx:
        for name in ("import/a", "import/b", "import%", "import_", "job", "\U0010ffff"):
            tx.write_note(name, name.encode())
        tx.write_note("import/b", b"two")
        tx.write_note("job", b"")
        tx.write_note("nothing", b"")
    with store.read() as view:
        assert view.note("import/a") == b"import/a"
        assert view.note("job") == view.note("nothing") == b""
        assert view.notes("import/") == {"import/a": b"import/a", "import/b": b"two"}
        assert view.notes("import%") == {"import%": b"import%"}
        assert list(view.notes("")) == ["import%", "import/a", "import/b", "import_", "\U0010ffff"]
        assert list(view.notes("\U0010ffff")) == ["\U0010ffff"]
