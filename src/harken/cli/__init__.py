"""The terminal face: arguments -> hub verbs -> text for people, or JSON with `--json`.

One file per group of commands; each command is a function whose docstring is its help and ends with an example.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import NoReturn

from cyclopts import App, CycloptsError, Parameter
from rich.markup import escape

from harken import __version__
from harken.cli import configure, customers, later, letters, living
from harken.cli.screen import ERR
from harken.errors import HarkenError

app = App(
    name="harken",
    help="An open hub for customer journeys: listen, recognize, remember, understand.\n\nStart with `harken demo`.",
    version=__version__,
    help_format="markdown",
    default_parameter=Parameter(
        negative=(), show_default=lambda value: value if value not in ("", (), False) else None
    ),
    suppress_keyboard_interrupt=False,
)
for module in (living, letters, customers, configure, later):
    module.register(app)


def main(argv: list[str] | None = None) -> None:
    """Run one command; exit 0 when it did what was asked, 1 when it could not, 2 when the words were wrong."""
    words = ["./-" if word == "-" else word for word in (sys.argv[1:] if argv is None else argv)]  # stdin, no option
    words[:1] = [word.replace("_", "-") for word in words[:1]]  # an analysis by the name it has elsewhere
    try:
        code = app(words, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except CycloptsError as error:
        _stop(2, str(error), "`harken --help` lists the commands, `harken COMMAND --help` shows one with an example")
    except HarkenError as error:
        _stop(1, str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on; say nothing at the end
        sys.exit(0)
    except Exception as error:  # a bug, or a machine in trouble: people get a sentence
        if os.environ.get("HARKEN_DEBUG"):
            traceback.print_exc()
        _stop(1, f"{type(error).__name__}: {error}", _advice(error))
    sys.exit(code if isinstance(code, int) else 0)


def _stop(code: int, message: str, hint: str = "") -> NoReturn:
    ERR.print(f"[bold]harken:[/] {escape(message)}", highlight=False)
    if hint:
        ERR.print(hint, style="dim", markup=False, highlight=False)
    sys.exit(code)


def _advice(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    if isinstance(error, OSError):
        return "the machine refused this; HARKEN_DEBUG=1 shows where"
    return "this is a bug of Harken; HARKEN_DEBUG=1 shows where, please report it with that"
