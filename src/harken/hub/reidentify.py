"""Keys whose limits, priority or quarantine changed -> who is who told anew from all evidence, page by page.

Which identifiers make a trail (a key's kind, `device`, exclusive or not) cannot change under events that were filed by
it: `refuse_recut` says so when such a document is to be published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from harken import recognize
from harken.errors import Invalid
from harken.hub.by_hand import apply
from harken.hub.core import Core
from harken.stores import Tx
from harken.words import Config, Key

PAGE = 200


def reidentify(core: Core, step: Callable[[int], None]) -> None:
    """Decide about every identifier again with the keys of now."""
    after = ""
    while True:
        with core.read() as view:
            pids = [profile.pid for profile in view.list_profiles(after, PAGE)]
        if not pids:
            return
        core.write(lambda tx, pids=pids: _page(core, tx, pids))  # type: ignore[misc]
        after = pids[-1]
        step(len(pids))


def _page(core: Core, tx: Tx, pids: list[str]) -> None:
    working = core.working
    working.begin()
    ids = [known.id for found in tx.known_of(pids).values() for known in found]
    working.load_component(tx, ids, core.plans, past=True)
    apply(core, tx, recognize.rejudge(working.graph, ids, core.plans.recognize))


def refuse_recut(before: Config, after: Config, trails: int) -> None:
    """Invalid when the new keys would cut the trails that exist otherwise."""
    was, now = _cut(before.keys), _cut(after.keys)
    if trails and not was <= now:  # a new kind cuts nothing that is there: it counts from now on
        names = ", ".join(sorted({kind for kind, *_ in was - now}))
        raise Invalid(
            f"key {names}: its kind, `device` and whether it is exclusive (`limit: 1`) decide which events make one trail, "
            f"and {trails:,} trails are there already. Import into a new hub to change them; every other field can change"
        )


def _cut(keys: Iterable[Key]) -> set[tuple[str, bool, bool]]:
    return {(key.id, key.device, key.limit == 1) for key in keys}
