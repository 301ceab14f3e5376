"""docs/commands.md, and every `homework …` that the documentation types, hold to the program."""

import itertools
import re
import shlex
import sys
from pathlib import Path

import click
import pytest

from training.cli import COMMANDS, cli, main
from training.cli.runs_path import RunsPath

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "commands.md"
OF_A_STUDY = ("run-all", "run", "config", "list", "plan", "check", "status")

if not PAGE.is_file():
    pytest.skip("docs isn't here", allow_module_level=True)


def commands():
    """Return every command by what is typed after `homework`."""
    context = click.Context(cli)
    found = {}
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if isinstance(command, click.Group):
            found |= {f"{name} {inner}": below for inner, below in command.commands.items()}
        else:
            found[name] = command
    return found


FOUND = commands()


def options(command):
    params = [param for param in command.params if isinstance(param, click.Option)]
    return {name for param in params for name in (*param.opts, *param.secondary_opts)}


def section(title):
    return re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^##|\Z)", PAGE.read_text(), re.M | re.S)[1]


def rows(title):
    """Return a table's rows by the command in their first cell."""
    lines = section(title).splitlines()
    found = (re.match(r"\| `([a-z -]+)` \|(.*)", line) for line in lines)
    return {match[1]: match[2] for match in found if match}


def named_options(text):
    codes = re.findall(r"`([^`]*)`", text)
    return {word for code in codes for word in re.findall(r"(?<!\S)--?[a-z][a-z0-9-]*", code)}


def documented(name):
    shared = "".join(
        line
        for title, users in (("Of a study", OF_A_STUDY), ("Of `run-all` and `run`", OF_A_STUDY[:2]))
        for line in section(title).splitlines(keepends=True)
        if name in users and line.startswith("| `-")
    )
    shared = "".join(line.split(" | ")[0] + " |\n" for line in shared.splitlines())
    programs = rows("What each does")[name].split("|")[2]
    return named_options(shared + programs + rows("Of the others").get(name, ""))


def test_every_command_is_there_and_no_other():
    assert set(rows("What each does")) == set(FOUND)
    assert {*rows("Of the others"), *OF_A_STUDY} == set(FOUND)


@pytest.mark.parametrize("name", FOUND)
def test_every_option_is_there_and_no_other(name):
    assert documented(name) == options(FOUND[name])


def test_every_variable_of_an_option_is_there():
    params = [param for command in FOUND.values() for param in command.params]
    variables = {param.envvar for param in params if param.envvar}
    assert len(variables) > 10
    assert variables <= set(re.findall(r"HOMEWORK_\w+", PAGE.read_text()))


def test_choices_are_those_of_the_program():
    shown = re.findall(r"`--([a-z-]+) ([a-z0-9]+(?:\\\|[a-z0-9]+)+)`", PAGE.read_text())
    assert len(shown) > 5
    params = [p for command in FOUND.values() for p in command.params]
    for name, values in shown:
        choices = [p.type.choices for p in params if f"--{name}" in p.opts
                   and isinstance(p.type, click.Choice)]  # fmt: skip
        assert tuple(values.split("\\|")) in map(tuple, choices), name


@pytest.mark.parametrize("name", FOUND)
def test_every_help_shows_an_example(name):
    examples = help_examples(FOUND[name])
    assert examples
    assert any(f"homework {name}" in line for line in examples)


def help_examples(command):
    text = (command.help or "").partition("Examples:\n")[2]
    return [line.strip() for line in text.splitlines() if "homework " in line]


def code_lines(text):
    return [line[4:] for line in text.splitlines() if line.startswith("    ")]


def typed(line):
    """Yield the arguments of each `homework …` in a line of code."""
    try:
        words = shlex.split(line.removeprefix("$ ").removeprefix("- run: ").strip(), comments=True)
    except ValueError:
        return
    for is_end, part in itertools.groupby(words, lambda word: word in ("&&", "|", ">", ";")):
        command = list(itertools.dropwhile(lambda word: re.match("[A-Z_]+=", word), part))
        if not is_end and len(command) > 1 and command[0] == "homework":
            yield command[1:]


def parse(arguments):
    """Hold arguments to the program's options.

    A file or folder that an example names needn't be there.
    """
    name = " ".join(arguments[: 2 if arguments[0] == "data" else 1])
    assert name in FOUND, f"no such command: {name}"
    rest = arguments[len(name.split()) :]
    try:
        FOUND[name].make_context(name, rest)
    except click.BadParameter as error:
        if not isinstance(error.param and error.param.type, click.Path):
            raise


def placed(*files):
    return [(file.name, line) for file in files for line in code_lines(file.read_text())]


PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
IN_BLOCKS = [
    (where, arguments)
    for where, line in [
        *placed(*PAGES),
        *(("help", line) for command in (cli, *FOUND.values()) for line in help_examples(command)),
        *(("help", line.strip()) for line in cli.help.splitlines()),
    ]
    for arguments in typed(line)
]


@pytest.mark.parametrize(
    ("where", "arguments"), IN_BLOCKS, ids=[f"{w}: {shlex.join(a)}" for w, a in IN_BLOCKS]
)
def test_what_documentation_types_is_understood(where, arguments, monkeypatch):
    monkeypatch.setattr(RunsPath, "follow", lambda self, url, ctx: Path("mirror"))  # no network
    parse(arguments)


def test_options_named_in_passing_are_known():
    every = set().union(*map(options, FOUND.values())) | {"--help", "-h", "--version"}
    assert len(IN_BLOCKS) > 40
    for page in PAGES:
        for code in re.findall(r"`(homework [^`]*)`", page.read_text()):
            words = code.split()[1:]
            if re.fullmatch("[a-z-]+", words[0]):
                assert words[0] in COMMANDS, code
            assert named_options(f"`{code}`") <= every, f"{page.name}: {code}"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [("nonsense", 2), ("list --nonsense", 2), ("list -q", 2), ("config --epochs x", 2),
     ("run", 2), ("list --preset nonsense", 1), ("run nonsense", 1), ("verify none.html", 1)],
)  # fmt: skip
def test_exit_codes_are_as_documented(arguments, code, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["homework", *arguments.split()])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == code
