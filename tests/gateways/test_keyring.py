"""Secrets at rest: bound to their place and key; whatever does not open is an error."""

import os
import stat
import subprocess
import sys
from threading import Barrier, Thread

import pytest

from accounts.gateways import keyring
from accounts.gateways.keyring import KeyringError, Place

PLACE = Place("accounts_channel", "7", "sealed_target")


@pytest.fixture
def ring() -> keyring.Ring:
    return keyring.parse(f"{keyring.new_key()} {keyring.new_key()}")


class TestSealing:
    @pytest.mark.parametrize("text", ["https://example.org/s3cret", "", "密钥 \U0001f511", "x" * 10_000])
    def test_what_was_sealed_is_opened(self, ring, text):
        assert ring.open(ring.seal(text, PLACE), PLACE) == text

    def test_it_shows_nothing_and_is_never_the_same_twice(self, ring):
        first, second = (ring.seal("https://example.org/s3cret", PLACE) for _ in range(2))
        assert first != second
        for hidden in ("s3cret", "example"):
            assert hidden not in first
        assert keyring.key_of(first) == ring.current

    @pytest.mark.parametrize(
        "place",
        [
            Place("accounts_channel", "8", "sealed_target"),
            Place("accounts_channel", "7", "sealed_secret"),
            Place("accounts_other", "7", "sealed_target"),
        ],
    )
    def test_in_another_place_it_does_not_open(self, ring, place):
        with pytest.raises(KeyringError) as refused:
            ring.open(ring.seal("s3cret", PLACE), place)
        assert refused.value.code == "not_ours"

    @pytest.mark.parametrize("text", ["s3cret", "s3crets", "s3cretss"], ids=len)
    def test_changed_by_one_sign_it_does_not_open(self, ring, text):
        sealed = ring.seal(text, PLACE)
        for at in range(len(sealed)):
            for other in sorted(set("ABCDEFGHgwQ") - {sealed[at]}):
                with pytest.raises(KeyringError):
                    ring.open(sealed[:at] + other + sealed[at + 1 :], PLACE)

    @pytest.mark.parametrize("cut", ["", "x", "id:", "id:!!!!", "nonsense"])
    def test_what_is_no_sealed_text_is_an_error_and_not_the_text(self, ring, cut):
        with pytest.raises(KeyringError):
            ring.open(cut, PLACE)

    def test_named_after_another_key_of_the_ring_it_does_not_open(self, ring):
        _first, second = ring.keys
        _id, _colon, content = ring.seal("s3cret", PLACE).partition(":")
        with pytest.raises(KeyringError):
            ring.open(f"{second}:{content}", PLACE)

    def test_a_wrong_key_is_an_error_that_names_it(self, ring):
        sealed = ring.seal("s3cret", PLACE)
        with pytest.raises(KeyringError, match=ring.current) as refused:
            keyring.parse(keyring.new_key()).open(sealed, PLACE)
        assert refused.value.code == "unknown_key"
        impostor = keyring.new_key().partition(":")[2]
        with pytest.raises(KeyringError) as refused:
            keyring.parse(f"{ring.current}:{impostor}").open(sealed, PLACE)
        assert refused.value.code == "not_ours"
        assert "s3cret" not in str(refused.value)

    def test_an_older_key_still_opens(self, ring):
        sealed = ring.seal("s3cret", PLACE)
        newer = keyring.Ring({"newer": os.urandom(32), **ring.keys})
        assert newer.open(sealed, PLACE) == "s3cret"
        assert keyring.key_of(newer.seal("x", PLACE)) == "newer"

    def test_its_keys_do_not_show(self, ring):
        assert repr(ring) == "Ring()"


class TestARing:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "one",
            "one:",
            "one:AAAA",
            ":" + "A" * 43 + "=",
            "a!:" + "A" * 43 + "=",
            "one:" + "A" * 43,
            "one:" + "!" * 44,
        ],
    )
    def test_what_is_none_is_named_without_its_keys(self, text):
        with pytest.raises(KeyringError, match="Key number 1") as refused:
            keyring.parse(text)
        assert "AAAA" not in str(refused.value)

    def test_two_keys_of_one_name_are_refused(self):
        key = keyring.new_key()
        with pytest.raises(KeyringError, match="Two keys"):
            keyring.parse(f"{key}\n{key}")

    def test_commas_and_lines_part_keys(self):
        first, second, third = (keyring.new_key() for _ in range(3))
        read = keyring.parse(f" {first},{second}\n{third}\n")
        assert list(read.keys) == [keyring.key_of(key) for key in (first, second, third)]


class TestTheFile:
    def test_it_is_made_once_for_its_owner_alone(self, tmp_path):
        path = tmp_path / "var" / "keyring"
        keyring.make(path)
        made = path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        keyring.make(path)
        assert path.read_text() == made
        assert list(path.parent.iterdir()) == [path]

    def test_two_who_make_it_at_once_get_the_same(self, tmp_path):
        path, both, rings = tmp_path / "keyring", Barrier(8), []

        def make() -> None:
            both.wait()
            rings.append(keyring.read(keyring.make(path)).current)

        threads = [Thread(target=make) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(rings) == 8
        assert set(rings) == {keyring.read(path).current}

    def test_a_new_key_comes_first_and_an_old_one_can_be_taken_off(self, tmp_path):
        path = tmp_path / "keyring"
        first = keyring.read(keyring.make(path)).current
        second = keyring.add_key(path)
        assert list(keyring.read(path).keys) == [second, first]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        keyring.drop_key(path, first)
        assert list(keyring.read(path).keys) == [second]
        for key, code in ((first, "unknown_key"), (second, "last")):
            with pytest.raises(KeyringError) as refused:
                keyring.drop_key(path, key)
            assert refused.value.code == code

    @pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff\xfe"])
    def test_one_that_is_broken_is_named(self, tmp_path, content):
        path = tmp_path / "keyring"
        path.write_bytes(content)
        with pytest.raises(KeyringError, match=str(path)):
            keyring.read(path)


def started(surroundings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import tierdash.settings"]
    return subprocess.run(command, env=surroundings, capture_output=True, text=True)


class TestTheInstance:
    def test_the_surroundings_come_before_the_file(self, settings, tmp_path):
        settings.KEYRING_PATH = tmp_path / "keyring"
        held = keyring.held()
        assert held.current == keyring.read(settings.KEYRING_PATH).current
        settings.KEYRING = keyring.new_key()
        assert keyring.held().current == keyring.key_of(settings.KEYRING)

    def test_a_bad_one_stops_the_start_and_is_named_without_its_keys(self):
        own = os.environ | {"TIERDASH_KEYRING": "one:dG9vLXNob3J0", "DJANGO_SETTINGS_MODULE": "tierdash.settings"}
        done = subprocess.run(
            [sys.executable, "-c", "import tierdash.settings"], env=own, capture_output=True, text=True
        )
        assert done.returncode == 1
        assert "TIERDASH_KEYRING cannot be used" in done.stderr
        assert "dG9vLXNob3J0" not in done.stderr

    def test_so_does_a_bad_allow_list(self):
        own = os.environ | {"TIERDASH_OUTBOUND_ALLOW": "http://x", "DJANGO_SETTINGS_MODULE": "tierdash.settings"}
        done = subprocess.run(
            [sys.executable, "-c", "import tierdash.settings"], env=own, capture_output=True, text=True
        )
        assert done.returncode == 1
        assert "TIERDASH_OUTBOUND_ALLOW" in done.stderr
