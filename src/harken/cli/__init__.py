"""The terminal face: arguments -> hub verbs -> text for people, or JSON with `--json`.

One file per group of commands; each command is a function whose docstring is its help and ends with an example.
"""

from __future__ import annotations

import sys

from cyclopts import App, CycloptsError

from harken import __version__
from harken.cli import configure, customers, explore, importing, living
from harken.cli.screen import ERR
from harken.errors import HarkenError

app = App(
    name="harken",
    help="An open hub for customer journeys: listen, recognize, remember, understand.",
    version=__version__,
    help_format="markdown",
    default_parameter=None,
)
for module in (living, importing, customers, explore, configure):
    module.register(app)


def main(argv: list[str] | None = None) -> None:
    """Run one command; exit 0 when it did what was asked, 1 when it could not, 2 when the words were wrong."""
    try:
        code = app(argv, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        ERR.print(f"[bold]harken:[/] {_plain(error)}", highlight=False)
        sys.exit(2)
    except HarkenError as error:
        ERR.print(f"[bold]harken:[/] {error}", highlight=False, markup=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)


def _plain(error: CycloptsError) -> str:
    return f"{error}\n[dim]`harken --help` lists the commands, `harken COMMAND --help` shows one with an example[/]"
