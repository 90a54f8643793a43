"""What EMAIL_URL may say, and that encryption asked for is encryption set."""

import os
import subprocess
import sys

import pytest

from tierdash import mail_server


@pytest.mark.parametrize(
    ("url", "port", "starttls", "tls"),
    [
        ("smtp+tls://mail.example.org", 587, True, False),
        ("smtp+ssl://mail.example.org", 465, False, True),
        ("smtp://mail.example.org", 25, False, False),
        ("smtp+tls://mail.example.org:2525/", 2525, True, False),
    ],
)
def test_the_scheme_decides_encryption_and_port(url, port, starttls, tls):
    read = mail_server.read(url)
    assert (read.port, read.starttls, read.tls) == (port, starttls, tls)
    assert read.host == "mail.example.org"


def test_user_and_password_are_percent_decoded():
    read = mail_server.read("smtp+tls://me%40example.org:p%3Aa%2Fss@mail.example.org")
    assert (read.user, read.password) == ("me@example.org", "p:a/ss")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("smtps://me:hush@mail.example.org", "must begin with"),
        ("submission://me:hush@mail.example.org", "must begin with"),
        ("mail.example.org", "must begin with"),
        ("smtp+tls://me:hush@", "host is missing"),
        ("smtp+tls://me:hush@mail.example.org:many", "port is no number"),
        ("smtp+tls://me:hu/sh@mail.example.org", "port is no number"),
        ("smtp://me:hush@mail.example.org?tls=true", "nothing may follow"),
    ],
)
def test_what_is_not_understood_is_refused_without_repeating_the_password(url, reason):
    with pytest.raises(ValueError, match=reason) as refused:
        mail_server.read(url)
    assert "hu" not in str(refused.value).replace("character", "")


def test_a_bad_mail_server_stops_the_start_and_is_named():
    own = os.environ | {"EMAIL_URL": "smtps://me:hush@mail.example.org", "DJANGO_SETTINGS_MODULE": "tierdash.settings"}
    done = subprocess.run(
        [sys.executable, "-c", "import tierdash.settings"], env=own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "EMAIL_URL must look like" in done.stderr.splitlines()[-1]
    assert "hush" not in done.stderr
