"""Laws of `listen` that hold for anything a client can send."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from harken.listen import hear, normalize, reread
from harken.listen.inside import properties_in
from harken.listen.paths import is_id, path_of, pattern, place
from harken.listen.touchpoints import page_name
from harken.words import BOOKKEEPING, Identifier, digest
from unit.listen.hearing import KEYS, NOW, PLAN, batch, stored

DIALECTS = st.sampled_from(["segment", "harken", "pixel"])
HINTS = st.sampled_from(["", "batch", "import", "track", "identify", "page", "screen", "group", "alias"])

texts = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "null", "ada", "a@x.test", "+4930901820", "2026-01-31T11:00:00Z", "2026-01-31 09:00", "soon", "/a/4711", "page"]),
)  # fmt: skip
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False), texts
)
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
fields = st.one_of(
    anything,
    st.dictionaries(st.sampled_from([key.id for key in KEYS] + ["topic", "path", "name"]), anything, max_size=4),
)
contexts = st.one_of(
    anything,
    st.dictionaries(
        st.sampled_from(["traits", "device", "externalIds", "consent", "channel", "page", "gpc", "ip"]),
        st.one_of(fields, st.just({"categoryPreferences": {"ads": True}}), st.just({"path": "/a/1", "id": "x", "token": "t"})),
        max_size=4,
    ),
)  # fmt: skip
SEGMENT = ["type", "event", "name", "userId", "anonymousId", "previousId", "groupId", "messageId", "timestamp", "originalTimestamp",
           "sentAt", "receivedAt", "integrations", "_heard"]  # fmt: skip
NATIVE = [
    "occurred",
    "time",
    "sent_at",
    "timezone",
    "message_id",
    "id",
    "identifiers",
    "alias",
    "channel",
    "touchpoint",
    "topics",
    "consent",
]


@st.composite
def items(draw: st.DrawFn) -> Any:
    """An item that is often nearly right, and sometimes anything."""
    if draw(st.integers(0, 9)) == 0:
        return draw(anything)
    item: dict[str, Any] = {
        "type": draw(st.sampled_from(["track", "identify", "page", "group", "alias", "odd"])),
        "userId": "ada",
    }
    item |= {"event": "X", "name": "X", "identifiers": {"user_id": "ada"}, "previousId": "b", "alias": ["a", "b"]}
    item |= draw(st.dictionaries(st.sampled_from(SEGMENT + NATIVE), fields, max_size=4))
    item |= draw(st.dictionaries(st.sampled_from(["properties", "traits"]), fields, max_size=2))
    if draw(st.booleans()):
        item["context"] = draw(contexts)
    return item


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    told = draw(st.lists(items(), min_size=1, max_size=4))
    shape = draw(st.integers(0, 3))
    if shape == 0:
        return json.encode(told[0])
    if shape == 1:
        return json.encode(told)
    if shape == 2:
        return b"\n".join(json.encode(item) for item in told)
    lent = draw(
        st.dictionaries(st.sampled_from(["sentAt", "timestamp", "context", "integrations"]), contexts, max_size=3)
    )
    return json.encode({"batch": told, **lent})


edges = st.sampled_from([{}, {"gpc": True}, {"ip": "1.1.1.1", "userAgent": "Mozilla/5.0"}])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), DIALECTS, HINTS)
def test_any_bytes_are_heard_or_told_of(body: bytes, dialect: str, hint: str) -> None:
    outcome = hear(batch(body, dialect=dialect, hint=hint), PLAN)
    assert all(dropped.reason and dropped.detail for dropped in outcome.dropped)


@settings(max_examples=200, deadline=None)
@given(bodies(), DIALECTS, HINTS, edges)
def test_an_event_is_given_again_by_its_envelope_and_raw(
    body: bytes, dialect: str, hint: str, edge: dict[str, Any]
) -> None:
    for event in hear(batch(body, dialect=dialect, hint=hint, context=edge), PLAN).events:
        kept = stored(event)
        assert reread(kept, PLAN) == replace(event, seq=kept.seq, tid=kept.tid)


@settings(max_examples=200, deadline=None)
@given(bodies(), DIALECTS, HINTS)
def test_properties_cut_out_of_a_raw_are_those_it_is_read_with(body: bytes, dialect: str, hint: str) -> None:
    for event in hear(batch(body, dialect=dialect, hint=hint), PLAN).events:
        told = properties_in(event.dialect, event.type, event.raw)
        if told is not None:
            full = reread(stored(event), PLAN)
            assert json.decode(told) == full.properties
            assert full.traits == {}
            assert "emotion" not in full.properties


@settings(max_examples=150, deadline=None)
@given(bodies(), DIALECTS, HINTS, edges)
def test_what_is_heard_holds_its_promises(body: bytes, dialect: str, hint: str, edge: dict[str, Any]) -> None:
    order = {key.id: key.priority for key in KEYS}
    for event in hear(batch(body, dialect=dialect, hint=hint, context=edge), PLAN).events:
        assert event.id == digest(event.source, event.message_id)
        assert event.identifiers or event.alias
        assert [order[one.kind] for one in event.identifiers] == sorted(order[one.kind] for one in event.identifiers)
        assert len(set(event.identifiers)) == len(event.identifiers)
        assert event.occurred <= NOW + 300_000_000
        assert len(event.touchpoint) <= 165
        assert bool(event.touchpoint) == (event.type not in BOOKKEEPING)
        columns = [
            event.message_id,
            event.type,
            event.name,
            event.channel,
            event.touchpoint,
            *map(str, event.identifiers),
        ]
        assert not any("\x00" in text for text in columns)
        for text in columns:
            text.encode()


@settings(max_examples=100, deadline=None)
@given(bodies(), DIALECTS, HINTS)
def test_hearing_twice_says_the_same(body: bytes, dialect: str, hint: str) -> None:
    told = batch(body, dialect=dialect, hint=hint)
    assert hear(told, PLAN) == hear(told, PLAN)


@settings(max_examples=150, deadline=None)
@given(bodies(), HINTS, edges)
def test_an_event_s_raw_heard_alone_says_the_same(body: bytes, hint: str, edge: dict[str, Any]) -> None:
    for event in hear(batch(body, hint=hint, context=edge), PLAN).events:
        (alone,) = hear(batch(event.raw, hint=event.type), PLAN).events
        assert replace(alone, id=event.id, message_id=event.message_id, raw=event.raw) == event


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.text(alphabet="/ab1-_.*%#?;:@ \x00", max_size=40),
        st.from_regex(r"(/[a-z0-9-]{1,12}){1,9}", fullmatch=True),
    )
)
def test_folding_a_path_again_changes_nothing(url: str) -> None:
    folded = pattern(url)
    assert pattern(folded) == folded
    assert path_of(folded) == folded
    assert place(pattern(place(folded))) == place(folded)
    assert page_name(page_name(url)) == page_name(url)
    assert all(segment == "*" or not is_id(segment) for segment in folded.split("/") if segment)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([key.id for key in KEYS]), st.one_of(texts, st.text(max_size=40), st.emails()))
def test_normalizing_again_changes_nothing(kind: str, value: str) -> None:
    once = normalize(Identifier(kind, value), PLAN)
    assert once is None or normalize(once, PLAN) == once
