"""The command that replaces the key of sealed secrets."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts import actions
from accounts.gateways import keyring as ring
from accounts.models import Channel
from accounts.notices import sealing
from tests.make import NOW, make_channel, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_keyring(settings, tmp_path):
    settings.KEYRING_PATH = tmp_path / "keyring"


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("keyring", *arguments, stdout=out)
    return out.getvalue()


def keys_in_use() -> set[str]:
    held = Channel.objects.exclude(sealed_target="")
    return {
        ring.key_of(sealed) for row in held.values_list("sealed_target", "sealed_secret") for sealed in row if sealed
    }


def test_a_key_is_replaced_without_losing_a_secret():
    ann = make_user()
    hook, chat = make_channel(ann), make_channel(ann, "ntfy")
    actions.renew_channel_secret(hook, now=NOW)
    hook.refresh_from_db()
    before = [sealing.opened(channel, "sealed_target") for channel in (hook, chat)]
    secrets = sealing.signing_secrets(hook, at=NOW)
    first = ring.held().current
    assert run("check") == f"{first}: 4 secrets, and it seals new ones\n"
    run("add")
    second = ring.held().current
    assert keys_in_use() == {first}
    assert "The secrets of 2 channels" in run("rotate")
    assert keys_in_use() == {second}
    assert run("check") == f"{second}: 4 secrets, and it seals new ones\n{first}: 0 secrets\n"
    assert f"{first} is off the ring" in run("drop", first)
    for channel in (hook, chat):
        channel.refresh_from_db()
    assert [sealing.opened(channel, "sealed_target") for channel in (hook, chat)] == before
    assert sealing.signing_secrets(hook, at=NOW) == secrets
    assert "The secrets of 0 channels" in run("rotate")


def test_a_key_in_use_stays():
    make_channel(make_user())
    first = ring.held().current
    run("add")
    with pytest.raises(CommandError, match="in use"):
        run("drop", first)
    assert first in ring.held().keys


def test_with_a_wrong_keyring_nothing_is_changed_and_the_key_is_named(settings, tmp_path):
    channel = make_channel(make_user())
    missing = ring.held().current
    settings.KEYRING_PATH = tmp_path / "another"
    for command in (["check"], ["rotate"]):
        with pytest.raises(CommandError, match=missing):
            run(*command)
    sealed = channel.sealed_target
    channel.refresh_from_db()
    assert channel.sealed_target == sealed


def test_one_from_the_surroundings_is_changed_there(settings):
    settings.KEYRING = ring.new_key()
    make_channel(make_user())
    for command in (["add"], ["drop", "x"]):
        with pytest.raises(CommandError, match="TIERDASH_KEYRING"):
            run(*command)
    settings.KEYRING = f"{ring.new_key()},{settings.KEYRING}"
    assert "The secrets of 1 channels" in run("rotate")


def test_its_help_suffices(capsys):
    with pytest.raises(SystemExit):
        call_command("keyring", "--help")
    shown = capsys.readouterr().out
    for word in ("check", "add", "rotate", "drop", "TIERDASH_KEYRING"):
        assert word in shown
