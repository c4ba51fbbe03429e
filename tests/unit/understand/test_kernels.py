"""The loops of the analyses as machine code: wherever they are installed."""

from __future__ import annotations

from harken.understand.kernels import compiled


def test_machine_code_that_cannot_be_kept_is_made_all_the_same() -> None:
    """As of a function without a file, so in an installation that only reads, for a user without a home."""
    made: dict[str, object] = {}
    exec("def doubled(number):\n    return 2 * number", made)
    assert compiled(made["doubled"])(21) == 42  # type: ignore[arg-type]
