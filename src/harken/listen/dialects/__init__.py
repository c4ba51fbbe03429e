"""The name of a dialect -> the module that reads it. One file in this folder = one dialect."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from harken.listen.said import Dialect

DIALECTS: dict[str, Dialect] = {
    found.name: cast("Dialect", import_module(f"{__name__}.{found.name}")) for found in iter_modules(__path__)
}
