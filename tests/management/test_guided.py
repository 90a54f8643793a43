"""Every command of ours tells an operator enough, and says what is wrong in one line."""

from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import CommandError
from django.db import OperationalError

from accounts.management.guided import GuidedCommand
from accounts.models import Workspace

OURS = sorted(name for name, app in get_commands().items() if app == "accounts")


def test_all_of_them_are_looked_at():
    files = Path(import_module("accounts.management.commands").__path__[0]).glob("[a-z]*.py")
    assert sorted(file.stem for file in files) == OURS


@pytest.mark.parametrize("name", OURS)
def test_help_suffices(name, capsys):
    command = load_command_class("accounts", name)
    assert isinstance(command, GuidedCommand)
    with pytest.raises(SystemExit) as ended:
        call_command(name, "--help")
    assert ended.value.code == 0
    told = capsys.readouterr().out
    words, examples = told.partition("\nexamples:\n")[::2]
    assert len(command.help) > 100
    assert f"manage.py {name}" in examples
    assert "\nexit codes:\n  0  " in examples
    assert "--settings" not in words, "nothing that only developers need"
    assert max(map(len, told.splitlines())) <= 110


@pytest.mark.parametrize("name", OURS)
def test_every_argument_is_told(name):
    parser = load_command_class("accounts", name).create_parser("manage.py", name)
    inner = [way for action in parser._actions if isinstance(action.choices, dict) for way in action.choices.values()]
    for way in inner or [parser]:
        for action in way._actions:
            assert action.help, (name, action)


def test_a_database_that_is_away_is_one_line(monkeypatch):
    def is_away(*args, **facts):
        raise OperationalError("connection refused\n\tIs the server running?")

    monkeypatch.setattr(Workspace.objects, "order_by", is_away)
    with pytest.raises(
        CommandError, match=r"The database does not answer. Is tierdash running\? \(connection refused\)"
    ):
        call_command("export_workspace", "--list")
