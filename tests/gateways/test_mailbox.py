"""The local mailbox: each mail once, whole, for its owner's eyes, and clear words when the disk is full."""

import email
import os
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail as django_mail

from accounts.gateways import letter as mail
from accounts.gateways import transport
from accounts.gateways.mailbox import Mailbox
from accounts.gateways.smtp import Server


def letter(number: int = 1, content: bytes = b"Subject: hello\r\nTo: a@b.example\r\n\r\ntext\r\n") -> mail.Letter:
    return mail.Letter(f"<{number}@x>", "from@example.org", "a@b.example", content)


@pytest.fixture
def box(tmp_path):
    return Mailbox(tmp_path / "mailbox")


def test_a_mail_that_is_handed_over_twice_is_kept_once(box):
    for content in (b"Subject: first\r\n\r\n", b"Subject: second\r\n\r\n"):
        assert box.send(letter(content=content), lambda: True).kind == mail.ACCEPTED
    assert [kept.subject for kept in box.newest(10)] == ["first"]


def test_many_hands_at_once_keep_it_once_too(box):
    start = threading.Barrier(8)
    outcomes = []

    def hand_over() -> None:
        start.wait()
        outcomes.append(box.send(letter(), lambda: True).kind)

    threads = [threading.Thread(target=hand_over) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [mail.ACCEPTED] * 8
    assert [path.suffix for path in box.folder.iterdir()] == [".eml"]


def test_a_closed_fence_keeps_nothing(box):
    assert box.send(letter(), lambda: False).kind == mail.WITHDRAWN
    assert list(box.folder.iterdir()) == []


def test_only_the_owner_can_open_the_folder(box):
    box.send(letter(), lambda: True)
    assert stat.S_IMODE(box.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(next(box.folder.iterdir()).stat().st_mode) == 0o600


def test_the_newest_come_first_and_no_more_than_asked(box):
    for number in range(4):
        box.send(letter(number, f"Subject: {number}\r\n\r\n".encode()), lambda: True)
    for kept in box.newest(10):
        os.utime(box.folder / f"{kept.name}.eml", (int(kept.subject), int(kept.subject)))
    assert [kept.subject for kept in box.newest(3)] == ["3", "2", "1"]


def test_a_missing_folder_is_an_empty_mailbox(box):
    assert box.newest(10) == []
    assert box.read("0" * 32) is None
    assert box.prune(datetime.now(UTC)) == 0


@pytest.mark.parametrize("name", ["../../etc/passwd", "x", "0" * 31, "0" * 33, "A" * 32, "0" * 32 + "\n", ""])
def test_only_names_of_its_own_can_be_read(box, name):
    box.send(letter(), lambda: True)
    assert box.read(name) is None


def test_parts_are_read(box):
    message = django_mail.EmailMultiAlternatives("Grüße", "plain 文", "f@x.example", ["t@x.example"])
    message.attach_alternative("<b>html</b>", "text/html")
    box.keep("<m@x>", message.message().as_bytes())
    [kept] = box.newest(1)
    read = box.read(kept.name)
    assert (read.subject, read.text.strip(), read.html.strip()) == ("Grüße", "plain 文", "<b>html</b>")
    assert read.recipient == "t@x.example"


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"Content-Type: multipart/mixed\r\n\r\nx", b"Subject: \xff\r\n\r\n"]
)
def test_a_broken_mail_is_still_shown(box, content):
    box.keep("<m@x>", content)
    [kept] = box.newest(1)
    assert box.read(kept.name) is not None


def test_old_mails_and_left_over_drafts_go(box):
    box.send(letter(1), lambda: True)
    box.send(letter(2), lambda: True)
    old = datetime.now(UTC) - timedelta(days=31)
    (box.folder / "left.draft").write_bytes(b"x")
    for path in (box.folder / "left.draft", next(box.folder.glob("*.eml"))):
        os.utime(path, (old.timestamp(), old.timestamp()))
    assert box.prune(datetime.now(UTC) - timedelta(days=30)) == 1
    assert len(list(box.folder.iterdir())) == 1


# RLIMIT_FSIZE makes every write fail beyond a size, as a full disk does; it cannot be undone, so a child bears it.
FULL_DISK = """
import pathlib, resource, signal, sys
sys.path.insert(0, {root!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from accounts.gateways import letter as mail
from accounts.gateways.mailbox import Mailbox
box = Mailbox(pathlib.Path({folder!r}))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
asked = []
outcome = box.send(mail.Letter("<1@x>", "f@x", "t@x", b"x" * 5000), lambda: asked.append(1) or True)
print(outcome.kind, outcome.code, len(asked), outcome.words)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(box.send(mail.Letter("<1@x>", "f@x", "t@x", b"x" * 5000), lambda: True).kind)
"""


def test_a_full_disk_keeps_nothing_says_so_before_the_fence_and_recovers(box, pytestconfig):
    code = FULL_DISK.format(root=str(pytestconfig.rootpath), folder=str(box.folder))
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    full, recovered = ran.stdout.splitlines()
    assert full.startswith("unreachable disk 0 ")
    assert "too large" in full
    assert recovered == "accepted"
    assert [path.stat().st_size for path in box.folder.iterdir()] == [5000]


class TestDjangosOwnMails:
    @pytest.fixture(autouse=True)
    def _mailbox(self, settings, tmp_path):
        settings.MAILBOX_DIR = tmp_path / "mailbox"
        settings.EMAIL_BACKEND = "accounts.gateways.mailbox.EmailBackend"

    def test_they_lie_in_the_mailbox(self, settings):
        assert django_mail.send_mail("Reset", "a link", None, ["a@b.example"]) == 1
        [kept] = Mailbox(settings.MAILBOX_DIR).newest(5)
        content = (settings.MAILBOX_DIR / f"{kept.name}.eml").read_bytes()
        assert email.message_from_bytes(content)["Subject"] == "Reset"

    def test_a_folder_that_cannot_be_written_is_an_error_or_silent_as_asked(self, settings, tmp_path):
        (tmp_path / "mailbox").write_text("a file in the way")
        with pytest.raises(OSError, match=r"exists|directory"):
            django_mail.send_mail("Reset", "a link", None, ["a@b.example"])
        assert django_mail.send_mail("Reset", "a link", None, ["a@b.example"], fail_silently=True) == 0


class TestChoice:
    def test_without_a_mail_server_mail_stays_here(self, settings):
        settings.EMAIL_URL = ""
        assert transport.chosen() == Mailbox(settings.MAILBOX_DIR)

    def test_with_one_it_leaves(self, settings):
        settings.EMAIL_URL = "smtp+tls://me:secret@mail.example.org:587"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "mail.example.org", 587
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "me", "secret"
        settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = True, False
        chosen = transport.chosen()
        assert isinstance(chosen, Server)
        assert (chosen.host, chosen.port, chosen.user, chosen.password) == ("mail.example.org", 587, "me", "secret")
        assert chosen.use_starttls
        assert transport.chosen(is_hurried=True).patience.reply < chosen.patience.reply
