"""README.md says what there is: settings, commands, make targets; and nothing that is not."""

import re

import pytest
import typer.main

from app import cli
from app.settings import PROJECT_ROOT, Settings

README = PROJECT_ROOT / "README.md"
SETTINGS = [name.upper() for name in Settings.model_fields]
TARGETS = re.findall(r"^([a-z]+):.*## ", (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def commands(group=None, prefix="khanij"):
    """Every console command, as typed."""
    for name, command in (group or typer.main.get_command(cli.app)).commands.items():
        typed = f"{prefix} {name}"
        yield from commands(command, typed) if hasattr(command, "commands") else [typed]


@pytest.fixture(scope="module")
def readme():
    return README.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_named_with_its_default(readme, name):
    (line,) = [line for line in readme.splitlines() if line.startswith("|") and f"`{name}`" in line]
    default = Settings.model_fields[name.lower()].default
    if isinstance(default, str | int) and str(default):
        assert str(default) in line


@pytest.mark.parametrize("command", [*commands(), *(f"make {target}" for target in TARGETS)])
def test_every_command_is_named(readme, command):
    assert re.search(rf"\b{re.escape(command)}\b", readme)


def test_no_command_is_named_that_is_not_there(readme):
    named = set(re.findall(r"`(?:\w+=\S+ )*(make [a-z]+|khanij [a-z]+(?: [a-z]+)?)", readme))
    known = {*commands(), *(f"make {target}" for target in TARGETS)}
    assert {name for name in named if not any(name.startswith(k) or k.startswith(name) for k in known)} == set()


def test_every_file_and_folder_linked_is_there(readme):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", readme)
    assert all((PROJECT_ROOT / link).exists() for link in links)
