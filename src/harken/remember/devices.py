"""What an event says of the device it came from -> the eight devices seen last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from harken.remember.names import LENGTH, fitted
from harken.words import Identifier, Micros

KEPT: Final = 8
_PART: Final = "\x1f"
_SILENT: Final = _PART * 4  # of a context that tells nothing of its device
_BROWSERS: Final = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Version/", "Safari"),
)  # fmt: skip
_SYSTEMS: Final = (
    ("iPhone", "iOS"), ("iPad", "iPadOS"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


class Device(Struct, frozen=True, kw_only=True):
    """One device or browser of a customer."""

    id: str  # `anonymous_id:4f9c`
    agent: str = ""  # "Chrome 126"
    os: str = ""
    app: str = ""
    locale: str = ""
    last: Micros = 0


@lru_cache(4096)
def agent(user_agent: str) -> tuple[str, str]:
    """Browser and system of a user agent, as people call them.

    >>> agent("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0.1 Mobile Safari/537.36")
    ('Chrome 126', 'Android')
    """
    browser = ""
    for mark, name in _BROWSERS:
        _, found, rest = user_agent.partition(mark)
        if found:
            version = rest.partition("/")[2] if mark == "Edg" else rest
            browser = f"{name} {version.partition('.')[0][:6]}".strip()
            break
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return browser or user_agent.partition("/")[0][:40], system


def line(device: Identifier, context: Mapping[str, Any]) -> str:
    """What an event says of the device it came from, as one line."""
    told = context.get
    user_agent, locale, os, app = told("userAgent"), told("locale"), told("os"), told("app")
    if user_agent is None and locale is None and os is None and app is None:
        about = _SILENT
    else:
        about = _about(
            user_agent if type(user_agent) is str else "",
            "" if os is None else _named(os),
            "" if app is None else _named(app),
            locale if type(locale) is str else "",
        )
    name = f"{device[0]}:{device[1]}"
    if len(name) > LENGTH or _PART in name:
        name = _fitted(name)
    return name + about


def meet(devices: dict[str, Micros], line: str, moment: Micros) -> None:
    """An event came from this device."""
    before = devices.get(line)
    if before is None:
        devices[line] = moment
        trim(devices)
    elif moment > before:
        devices[line] = moment


@lru_cache(4096)
def _about(user_agent: str, os: str, app: str, locale: str) -> str:
    browser, system = agent(user_agent) if user_agent else ("", "")
    return "".join([_PART + _fitted(part) for part in (browser, os or system, app, locale)])


def _fitted(part: str) -> str:
    return fitted(part.replace(_PART, " "))


def _named(told: Any) -> str:
    """`{name: Tideline, version: 3.2}` as one text."""
    if type(told) is not dict:
        return told if type(told) is str else ""
    name, version = told.get("name"), told.get("version")
    if type(name) is not str:
        return ""
    return f"{name} {version}" if type(version) in (str, int, float) else name


def trim(devices: dict[str, Micros]) -> None:
    while len(devices) > KEPT:
        del devices[min(devices, key=lambda key: (devices[key], key))]


def joined(tables: Iterable[dict[str, Micros]]) -> dict[str, Micros]:
    made: dict[str, Micros] = {}
    for table in tables:
        for key, moment in table.items():
            if moment > made.get(key, moment - 1):
                made[key] = moment
    trim(made)
    return made


def listed(devices: Mapping[str, Micros]) -> list[Device]:
    """The devices, latest first, each with what it said of itself last."""
    made: dict[str, Device] = {}
    for key, moment in sorted(devices.items(), key=lambda pair: (-pair[1], pair[0])):
        id, browser, os, app, locale = key.split(_PART)
        before = made.get(id)
        if before is None:
            made[id] = Device(id=id, agent=browser, os=os, app=app, locale=locale, last=moment)
        elif not (before.agent or before.os or before.app or before.locale):
            made[id] = Device(id=id, agent=browser, os=os, app=app, locale=locale, last=before.last)
    return list(made.values())
