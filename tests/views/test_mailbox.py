"""The local mailbox: for administrators, and harmless whatever a mail holds."""

import pytest
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from accounts.gateways.mailbox import Mailbox
from tests import make

pytestmark = pytest.mark.django_db
PAGE = reverse("accounts:mailbox")
HOSTILE = "<script>alert(1)</script><img src='http://tracker.example/x.png'><b>Hello</b>"


@pytest.fixture
def box(settings, tmp_path):
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    return Mailbox(settings.MAILBOX_DIR)


@pytest.fixture
def name(box) -> str:
    message = EmailMultiAlternatives("Hi <b>", "text https://x.example/a?b=1&c=2", "f@x.example", ["t@x.example"])
    message.attach_alternative(HOSTILE, "text/html")
    box.keep("<1@x>", message.message().as_bytes())
    return box.newest(1)[0].name


def test_an_empty_one_says_that_no_mail_leaves(signed_in, ann, box):
    assert ann.is_staff  # the first person is
    shown = signed_in.get(PAGE).content.decode()
    assert "No mail leaves this machine" in shown
    assert "No mail yet" in shown


def test_with_a_mail_server_it_says_where_mail_goes(signed_in, box, settings):
    settings.EMAIL_URL, settings.EMAIL_HOST, settings.EMAIL_PORT = "smtp://u:secret@mail.example:25", "mail.example", 25
    shown = signed_in.get(PAGE).content.decode()
    assert "mail.example:25" in shown
    assert "secret" not in shown


def test_mails_are_listed_and_read(signed_in, name):
    assert "Hi &lt;b&gt;" in signed_in.get(PAGE).content.decode()
    shown = signed_in.get(reverse("accounts:mail", args=[name])).content.decode()
    assert "t@x.example" in shown
    assert 'href="https://x.example/a?b=1&amp;c=2"' in shown
    assert "<script>alert(1)" not in shown
    assert '<iframe class="mail" sandbox ' in shown


def test_the_html_part_comes_in_a_box_without_doors(signed_in, name):
    response = signed_in.get(reverse("accounts:mail-html", args=[name]))
    policy = response["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert "script" not in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert HOSTILE in response.content.decode()


def test_for_everybody_else_there_is_none(client, ann, name):
    client.force_login(make.make_user())
    for path in (PAGE, reverse("accounts:mail", args=[name]), reverse("accounts:mail-html", args=[name])):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("wrong", ["0" * 32, "x"])
def test_a_mail_that_is_not_there(signed_in, box, wrong):
    assert signed_in.get(reverse("accounts:mail", args=[wrong])).status_code == 404
