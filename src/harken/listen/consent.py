"""What an item and the browser say about consent -> purpose: yes or no. When in doubt, no."""

from __future__ import annotations

from harken.listen.fields import kind_of, text
from harken.listen.said import Said

ALL = "*"  # every purpose
GPC = "sale_share"  # what a browser's Global Privacy Control objects to
UPDATED = "Segment Consent Preference Updated"

_YES = frozenset({"true", "yes", "granted", "1"})


def of_categories(value: object, warnings: list[str]) -> dict[str, bool]:
    """`{"Advertising": true, "Analytics": false}`; present and empty is a no to everything, absent says nothing.

    >>> of_categories({"Advertising": True, "Analytics": "denied"}, []), of_categories({}, []), of_categories(None, [])
    ({'Advertising': True, 'Analytics': False}, {'*': False}, {})
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        warnings.append(f"consent categories ignored: {kind_of(value)}, an object of true and false was expected")
        return {}
    return of_purposes(value) if value else {ALL: False}


def of_purposes(value: dict[str, object]) -> dict[str, bool]:
    """Every named purpose; what cannot be read as a yes is a no."""
    return {purpose: _is_yes(given) for name, given in value.items() if (purpose := text(name))}


def _is_yes(given: object) -> bool:
    return given is True or given == 1 or (isinstance(given, str) and given.strip().lower() in _YES)


def settle(said: Said) -> dict[str, bool]:
    """What the item says, and the browser's own objection, which is the stricter."""
    if said.context.get("gpc") is True:
        return {**said.consent, GPC: False}
    return said.consent
