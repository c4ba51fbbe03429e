"""Every command is there, says what it does with an example that is right, and answers wrong words kindly."""

from __future__ import annotations

import inspect
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cyclopts import App, CycloptsError

from harken.cli import app, main
from harken.cli.later import QUESTIONS, analyses
from harken.errors import Invalid
from harken.settings import read

WANTED = (
    "serve demo simulate import keys profile chance map erase doctor pull diff apply settings version dead-letters quarantine sql export-events why why-not".split()  # noqa: SIM905
)


def leaves() -> Iterator[tuple[str, Callable[..., Any]]]:
    """(words, function) of every command."""

    def below(part: App, words: str) -> Iterator[tuple[str, Callable[..., Any]]]:
        if part.default_command is not None:
            yield words, part.default_command
            return
        for name in part:
            if not name.startswith("-"):
                yield from below(part[name], f"{words} {name}".strip())

    return below(app, "")


LEAVES = dict(leaves())


def test_all_of_them_are_there() -> None:
    asked = {one.word for one in analyses(QUESTIONS)}
    assert {words.split()[0] for words in LEAVES} == {*WANTED} | asked
    assert {"keys create", "keys list", "keys revoke"} <= {*LEAVES}
    assert {"dead-letters list", "dead-letters replay", "dead-letters discard"} <= {*LEAVES}


@pytest.mark.parametrize("words", LEAVES)
def test_each_has_help_with_an_example_that_parses(words: str) -> None:
    doc = inspect.getdoc(LEAVES[words]) or ""
    examples = re.findall(r"Example: `(.+)`", doc)
    assert examples, f"harken {words} has no example"
    for example in examples:
        tokens = shlex.split(example.rpartition("| ")[2])  # what a pipe begins with is no command of ours
        tokens = ["./-" if token == "-" else token for token in tokens]  # as `main` reads them
        while "=" in tokens[0]:  # a variable before the command
            tokens.pop(0)
        assert tokens[0] == "harken"
        assert " ".join(tokens[1:]).startswith(words)
        function, _, _ = app.parse_args(tokens[1:], exit_on_error=False, print_error=False)
        assert function is LEAVES[words]


@pytest.mark.parametrize("words", LEAVES)
def test_each_explains_every_argument(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words.split(), "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "Example:" in shown
    part = app
    for word in words.split():
        part = part[word]
    for argument in part.assemble_argument_collection():
        assert argument.parameter.help or argument.parameter.show is False or argument.children, argument.name


def ended(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as end:
        main(words)
    told = capsys.readouterr()
    return end.value.code, told.out, told.err


def test_alone_it_shows_help(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ended([], capsys)
    assert code == 0
    assert "harken demo" in out
    for name in WANTED:
        assert name in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["mpa"], 'Did you mean "map"?'),
        (["map", "--levl", "stage"], "Did you mean --level?"),
        (["map", "--level", "planet"], "planet"),
        (["profile"], "reference"),
        (["keys", "creat"], "create"),
        (["serve", "--port", "many"], "many"),
        (["demo", "--customers", "few"], "few"),
    ],
)
def test_wrong_words_end_with_2_and_a_hint(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = ended(words, capsys)
    assert code == 2
    assert out == ""
    assert says in " ".join(err.split())
    assert "harken --help" in err


def test_switches_that_are_on_can_be_turned_off() -> None:
    for words in (["demo", "--no-live"], ["simulate", "--no-configure"], ["serve", "--no-open-page"]):
        _, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
        assert False in bound.arguments.values() or False in bound.kwargs.values()
    with pytest.raises(CycloptsError):
        app.parse_args(["import", "a", "--no-dry-run"], exit_on_error=False, print_error=False)


class Broken(RuntimeError):
    """What no command expects."""


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_bug_is_a_sentence_unless_one_looks_for_it(
    debug: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @app.command(name="broken-for-a-test", show=False)
    def broken() -> None:
        raise Broken("the [wheel] came off")

    monkeypatch.setenv("HARKEN_DEBUG", debug)
    try:
        code, _, err = ended(["broken-for-a-test"], capsys)
    finally:
        del app["broken-for-a-test"]
    assert code == 1
    assert "harken: Broken: the [wheel] came off" in err
    assert "HARKEN_DEBUG=1" in err
    assert ("Traceback" in err) == bool(debug)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("HARKEN_PORT", "99999", "a port from 0"),
        ("HARKEN_PORT", "-1", "a port from 0"),
        ("HARKEN_SETTLE_ROWS", "0", "1 or more"),
        ("HARKEN_INBOX_MB", "-5", "0 or more"),
    ],
)
def test_a_number_out_of_bounds_is_told_with_what_would_be_right(name: str, value: str, wanted: str) -> None:
    with pytest.raises(Invalid, match=f"from {name}: '{value}' is not {wanted}"):
        read({}, {name: value})
    assert read({}, {"HARKEN_PORT": "0"})[0].port == 0


def test_help_loads_nothing_that_takes_time() -> None:
    code = "import sys; sys.argv[1:] = ['--help']\nfrom harken.cli import main\ntry: main()\nexcept SystemExit: pass\n"
    code += "slow = {'numba', 'numpy', 'polars', 'pyarrow', 'litestar', 'duckdb'} & {*sys.modules}\nsys.exit(f'{slow}' if slow else 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
