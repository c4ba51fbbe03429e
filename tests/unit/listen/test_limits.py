"""What is not JSON, too large, too deep or too many is told by reason and place, and costs nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import json

from harken.listen import Heard, hear, prepare
from harken.words import Config, Limits, Source
from unit.listen.hearing import batch, heard, ids, one, refused, track

SMALL = prepare(Config(sources={"web": Source(id="web", limits=Limits(event_bytes=400, batch_events=3, depth=5))}))


def small(body: Any) -> Heard:
    return hear(batch(body), SMALL)


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "empty"),
        (b"   ", "empty"),
        (b"hello", "byte 0"),
        (b'{"type":"track"', "byte 15"),
        (b'{"type":"track",}', "byte 16"),
        (b"[1,2", "byte 4"),
        (b'{"a":1}{"b":2}', "byte 8"),
        (b'{"batch":[{"a":1},{"b":', "byte 23"),
        (b'{"userId":"\xff"}', "UTF-8 at byte 11"),
        (b"\x1f\x8b\x08\x00", "UTF-8 at byte 1"),
        ("{}".encode("utf-16"), "UTF-8 at byte 0"),
    ],
)
@pytest.mark.parametrize("dialect", ["segment", "harken"])
def test_what_is_not_json_is_one_refusal_with_the_place(body: bytes, told: str, dialect: str) -> None:
    dropped = refused(body, dialect=dialect)
    assert dropped.reason == "not_json"
    assert told in dropped.detail
    assert dropped.raw == body.strip() or dropped.raw == body


@pytest.mark.parametrize("body", [b"7", b'"x"', b"null", b"[[]]", b"[1]"])
def test_an_event_is_an_object(body: bytes) -> None:
    assert refused(body).reason == "not_an_object"


def test_bytes_that_are_not_utf8_cost_their_item_only() -> None:
    items = [json.encode(track(messageId=f"m-{n}")) for n in range(3)]
    bad = items[1].replace(b"ada", b"\xff\xfe")
    outcome = heard(b'{"batch":[' + b",".join([items[0], bad, items[2]]) + b"]}")
    assert [event.message_id for event in outcome.events] == ["m-0", "m-2"]
    assert [(dropped.index, dropped.reason) for dropped in outcome.dropped] == [(1, "not_json")]


def test_a_broken_line_costs_its_line_only() -> None:
    line = json.encode(track())
    outcome = heard(line + b"\n{broken}\n" + line)
    assert len(outcome.events) == 2
    assert [(dropped.index, dropped.raw) for dropped in outcome.dropped] == [(1, b"{broken}")]


@pytest.mark.parametrize(
    "wrap",
    [lambda item: b'{"batch":[' + item + b"]}", lambda item: b"[" + item + b"]", lambda item: item, lambda item: item + b"\n" + item],
    ids=["batch", "array", "single", "lines"],
)  # fmt: skip
def test_what_python_and_browsers_write_beside_json_is_mended(wrap: Any) -> None:
    item = b'{"type":"track","event":"cut \\ud83d","userId":"ada","properties":{"price":NaN,"max":-Infinity}}'
    outcome = heard(wrap(item))
    assert outcome.dropped == []
    for event in outcome.events:
        assert (event.name, event.properties) == ("cut �", {"price": None, "max": None})
        assert json.decode(event.raw)["properties"] == event.properties


def test_whole_emojis_and_escapes_are_kept() -> None:
    assert one(b'{"type":"track","event":"\\ud83d\\ude42 \\u00fc","userId":"ada"}').name == "🙂 ü"


def test_an_item_over_its_limit_is_refused_and_the_others_are_heard() -> None:
    outcome = small([track(), track(properties={"x": "y" * 400}), track(properties={"x": nested(9)})])
    assert len(outcome.events) == 1
    assert [(dropped.index, dropped.reason) for dropped in outcome.dropped] == [(1, "too_large"), (2, "too_deep")]
    assert "400" in outcome.dropped[0].detail


def test_the_blanks_around_an_item_do_not_count() -> None:
    assert len(small(json.encode(track()) + b" " * 500).events) == 1


def test_items_over_the_number_a_source_may_send_are_refused() -> None:
    outcome = small([track(messageId=f"m-{n}") for n in range(5)])
    assert len(outcome.events) == 3
    assert [(dropped.index, dropped.reason) for dropped in outcome.dropped] == [(3, "too_large"), (4, "too_large")]


@pytest.mark.parametrize(("levels", "deep"), [(3, False), (4, True)])
def test_depth_is_counted_from_the_item_and_brackets_in_text_do_not_count(levels: int, *, deep: bool) -> None:
    item = track(properties={"x": nested(levels), "text": '[[[[[[[[[["{{{{', "many": [[], [], [], [], {}, {}]})
    assert [dropped.reason for dropped in small([item]).dropped] == (["too_deep"] if deep else [])


@pytest.mark.parametrize(
    "body",
    [b"[" * 200_000, b'{"batch":' + b"[" * 200_000, b'{"a":' * 100_000, b'[{"type":"track","x":' + b"[" * 5000 + b"]" * 5000 + b"}]",
     b'{"batch":[{"type":"track","x":' + b"[" * 900 + b"]" * 900 + b"}]}"],
)  # fmt: skip
@pytest.mark.parametrize("dialect", ["segment", "harken", "pixel"])
def test_a_tower_of_brackets_is_refused(body: bytes, dialect: str) -> None:
    outcome = heard(body, dialect=dialect)
    assert outcome.events == []
    assert {dropped.reason for dropped in outcome.dropped} <= {"too_deep", "too_large", "not_json"}


def test_a_source_nobody_configured_is_heard_with_the_usual_limits() -> None:
    event = one(track(), source="stray")
    assert (ids(event), event.channel) == (["user_id:ada"], "web")
