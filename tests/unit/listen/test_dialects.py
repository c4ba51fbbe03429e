"""Every file of `listen/dialects` is a dialect: it opens bodies, reads items, and says in its first line what it reads."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import harken.listen.dialects as folder
from harken.listen import hear
from harken.listen.dialects import DIALECTS
from unit.listen.hearing import PLAN, batch


def test_a_file_in_the_folder_is_a_dialect() -> None:
    files = {path.stem for path in Path(str(folder.__file__)).parent.glob("*.py")} - {"__init__"}
    assert set(DIALECTS) == files >= {"segment", "harken", "pixel"}


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_a_dialect_opens_and_reads(name: str) -> None:
    dialect = DIALECTS[name]
    assert list(inspect.signature(dialect.open).parameters) == ["batch"]
    assert list(inspect.signature(dialect.read).parameters) == ["raw", "defaults"]
    assert "->" in (inspect.getdoc(dialect) or "").partition("\n")[0]


@pytest.mark.parametrize("name", sorted(DIALECTS))
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"[{}]", b"null", b"\x00", b'{"batch":[{}]}', b"{}\n{}"])
def test_a_dialect_answers_for_any_body(name: str, body: bytes) -> None:
    outcome = hear(batch(body, dialect=name), PLAN)
    assert outcome.events == []
    assert all(dropped.detail for dropped in outcome.dropped)
