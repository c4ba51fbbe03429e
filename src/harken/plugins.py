"""Where Harken's open sets come from: a group name in, the plug-ins found by entry point or folder out; opens stores.

A plug-in is one file. It is found because an installed package names it as an entry point of its group, or because it
lies in the folder of that group (`harken.stores` is `src/harken/stores`). Built-ins come by the same two doors.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from harken.errors import Invalid, NotFound, Unavailable
from harken.stores import Store

STORES = "harken.stores"
SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):", re.IGNORECASE)  # two characters or more: C:\data is a path
OTHER_NAMES = {"postgres": "postgresql"}


def found(group: str, attribute: str = "Store") -> dict[str, str]:
    """Name -> "module:attribute" of every plug-in of the group, by name.

    >>> found("harken.stores")["memory"]
    'harken.stores.memory:Store'
    """
    named = {point.name: point.value for point in entry_points(group=group)}
    for name, value, _ in _in_folder(group, attribute, set(named.values())):
        named.setdefault(name, value)
    return dict(sorted(named.items()))


def load(group: str, name: str, attribute: str = "Store") -> object:
    """The plug-in of that name. NotFound says what there is, Unavailable what it needs."""
    for point in entry_points(group=group, name=name):
        return _loaded(point)
    for there, _, plugin in _in_folder(group, attribute, set()):
        if there == name:
            return plugin
    raise NotFound(f"no {name!r} in {group}; there is {', '.join(found(group, attribute)) or 'nothing'}")


@cache
def every(group: str, attribute: str) -> Mapping[str, object]:
    """All plug-ins of a group that can be loaded, by name; looked for once."""
    return {name: load(group, name, attribute) for name in found(group, attribute)}


def open_store(url: str) -> Store:
    """The store a URL names: `memory:`, `sqlite:///path/harken.db`, `postgresql://…`, or just a directory (SQLite)."""
    store: Store = _class(url)(url)
    return store


def store_is_there(url: str) -> bool:
    """Whether opening this store would find one. A store that cannot be made by opening it need not say."""
    told = getattr(_class(url), "is_there", None)
    return told is None or bool(told(url))


def _class(url: str) -> Callable[[str], Store]:
    if not url.strip():
        raise Invalid(
            "no store named; give a directory, or a URL: sqlite:///path/harken.db, postgresql://host/database"
        )
    match = SCHEME.match(url)
    scheme = match[1].lower() if match else "sqlite"
    made = load(STORES, OTHER_NAMES.get(scheme, scheme))
    if not callable(made):
        raise Unavailable(f"the {scheme} store is not a class: {made!r}")
    return made


def _loaded(point: EntryPoint) -> object:
    try:
        plugin: object = point.load()
    except (ImportError, AttributeError) as error:
        raise Unavailable(f"{point.name!r} of {point.group} ({point.value}) cannot be loaded: {error}") from error
    return plugin


def _in_folder(group: str, attribute: str, known: set[str]) -> Iterator[tuple[str, str, object]]:
    """(name, where, plug-in) of the files in the group's folder that define the attribute; known ones are not opened."""
    for file in pkgutil.iter_modules(importlib.import_module(group).__path__):
        where = f"{group}.{file.name}:{attribute}"
        if file.name.startswith("_") or where in known:
            continue
        try:
            plugin = getattr(importlib.import_module(f"{group}.{file.name}"), attribute, None)
        except ImportError:
            continue  # a file whose packages are not installed is not there; asked for by entry point, it says so
        if plugin is not None:
            yield getattr(plugin, "scheme", file.name), where, plugin
