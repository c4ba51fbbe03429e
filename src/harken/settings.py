"""Flags, HARKEN_* variables and a file -> one frozen Settings value, read once at the faces and handed down.

Order of force: a flag, then the variable, then the file (`--settings FILE`, `HARKEN_SETTINGS`, or `harken.yaml` in the
data folder), then the default. `harken settings` lists every one with its value and where it came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from harken.errors import Invalid

FILE = "harken.yaml"
SECRETS = ("write_key", "secret_key", "store")  # never shown whole
ABOVE_ZERO = ("settle_rows", "max_body_mb")


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set from outside. HELP says what each is for."""

    data: str = "harken-data"
    store: str = ""
    lake: str = ""
    host: str = "127.0.0.1"
    port: int = 8787
    prefix: str = ""
    write_key: str = ""
    secret_key: str = ""
    open_page: bool = False
    log_level: str = "info"
    cache_trails: int = 100_000
    settle_rows: int = 100_000
    settle_seconds: int = 600
    max_body_mb: int = 8
    inbox_batch: int = 500
    inbox_letters: int = 10_000
    inbox_mb: int = 100
    snippet: str = ""


HELP: Mapping[str, str] = {
    "data": "folder that holds the embedded store and the lake",
    "store": "URL of another store: postgresql://user:password@host/database, sqlite:///path, memory://",
    "lake": "folder or URL of the lake when it is not in the data folder (needed by several nodes together)",
    "host": "address to listen on; 0.0.0.0 for every network",
    "port": "port to listen on",
    "prefix": "path prefix when a proxy serves the hub below one, such as /harken",
    "write_key": "a write key to start with, instead of one made at first start",
    "secret_key": "a secret key to start with, instead of one made at first start",
    "open_page": "open the studio without a key (for a demo on your own machine)",
    "log_level": "debug, info, warning or error",
    "cache_trails": "how many trails the hub remembers between two transactions",
    "settle_rows": "move the tail into the lake when it holds this many events",
    "settle_seconds": "… or a twentieth of that, and its oldest event has waited this long",
    "max_body_mb": "largest request body after unzipping, in MB",
    "inbox_batch": "how many letters the inbox keeps of one batch that came with a public key; the others are counted",
    "inbox_letters": "how many open letters the inbox keeps of one source; the others are counted",
    "inbox_mb": "… and how much of what was sent, in MB",
    "snippet": "path of an analytics.js file to serve to browsers, if you have one",
}


class Setting(Struct, frozen=True, kw_only=True):
    """One setting as `harken settings` shows it; secrets are masked."""

    name: str
    value: str
    default: str
    origin: str
    help: str


def read(flags: Mapping[str, Any], environ: Mapping[str, str], file: str = "") -> tuple[Settings, list[Setting]]:
    """The settings in force and the list that explains them. Invalid names the setting, where it came from, and
    what would be right. `flags` holds only what was given."""
    told: dict[str, tuple[Any, str]] = {}
    chosen = file or environ.get("HARKEN_SETTINGS", "")
    folder = flags.get("data") or environ.get("HARKEN_DATA") or Settings().data
    path = Path(chosen) if chosen else Path(folder) / FILE
    if chosen and not path.exists():
        raise Invalid(f"there is no settings file {path}")
    if path.exists():
        told.update({name: (value, str(path)) for name, value in _file(path).items()})
    for name in HELP:
        variable = f"HARKEN_{name.upper()}"
        if variable in environ:
            told[name] = (environ[variable], variable)
        if flags.get(name) is not None:
            told[name] = (flags[name], f"--{name.replace('_', '-')}")
    values = {name: _convert(name, value, origin) for name, (value, origin) in told.items()}
    settings = Settings(**values)
    return settings, [_shown(name, settings, told) for name in HELP]


def _file(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise Invalid(f"{path}: cannot be read as YAML: {error}") from None
    if not isinstance(data, dict):
        raise Invalid(f"{path}: a mapping of settings is wanted, such as `port: 8787`")
    unknown = [str(name) for name in data if name not in HELP]
    if unknown:
        raise Invalid(f"{path}: no setting named {', '.join(unknown)}; there are {', '.join(HELP)}")
    return data


def _convert(name: str, value: Any, origin: str) -> Any:
    type_ = next(field.type for field in msgspec.structs.fields(Settings) if field.name == name)
    if type_ is bool and isinstance(value, str):
        value = {"yes": True, "on": True, "no": False, "off": False}.get(value.lower(), value)
    shown = "…" if name in SECRETS else repr(value)
    try:
        made = msgspec.convert(value, type_, strict=False)
    except msgspec.ValidationError:
        raise Invalid(f"{name} from {origin}: {shown} is not {_wanted(type_)}; {HELP[name]}") from None
    if wanted := _out_of_bounds(name, made):
        raise Invalid(f"{name} from {origin}: {shown} is not {wanted}; {HELP[name]}")
    return made


def _wanted(type_: type) -> str:
    return {int: "a whole number", bool: "yes or no", str: "text"}[type_]


def _out_of_bounds(name: str, made: Any) -> str:
    """What a value of the right type should have been; "" when it may be so.

    >>> _out_of_bounds("port", 99_999), _out_of_bounds("port", 8787), _out_of_bounds("settle_rows", 0)
    ('a port from 0 (any free one) to 65535', '', '1 or more')
    """
    if name == "port":
        return "" if 0 <= made <= 65_535 else "a port from 0 (any free one) to 65535"
    least = 1 if name in ABOVE_ZERO else 0
    return f"{least} or more" if type(made) is int and made < least else ""


def _shown(name: str, settings: Settings, told: Mapping[str, tuple[Any, str]]) -> Setting:
    value = str(getattr(settings, name))
    masked = "…" + value[-4:] if name in SECRETS and value else value
    default = str(getattr(Settings(), name))
    return Setting(
        name=name, value=masked, default=default, origin=told[name][1] if name in told else "default", help=HELP[name]
    )
