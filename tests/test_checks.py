"""What `manage.py check` says of a deployment."""

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection

from accounts import checks
from accounts.gateways import keyring


def ids(messages):
    return [message.id for message in messages]


def test_it_is_noted_that_mail_stays_here(settings):
    settings.EMAIL_URL = ""
    assert ids(checks.mail_leaves(None)) == ["accounts.I001"]
    settings.EMAIL_URL = "smtp://mail.example.org"
    assert checks.mail_leaves(None) == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://tierdash.example.org", ["accounts.W001"]),
        ("http://192.168.1.5:8000", ["accounts.W001"]),
        ("https://tierdash.example.org", []),
        ("http://127.0.0.1:8000", []),
        ("http://[::1]:8000", []),
        ("http://localhost:8000", []),
    ],
)
def test_an_address_without_encryption_is_warned_of(settings, url, said):
    settings.SITE_URL = url
    assert ids(checks.address_is_safe(None)) == said


def test_a_keyring_that_others_may_read_is_warned_of(settings, tmp_path):
    settings.KEYRING_PATH = tmp_path / "keyring"
    assert checks.keyring_is_private(None) == []
    keyring.make(settings.KEYRING_PATH)
    assert checks.keyring_is_private(None) == []
    settings.KEYRING_PATH.chmod(0o640)
    assert ids(checks.keyring_is_private(None)) == ["accounts.W003"]
    settings.KEYRING = keyring.new_key()
    assert checks.keyring_is_private(None) == []


@pytest.mark.django_db
def test_a_missing_cache_table_is_warned_of():
    assert checks.cache_table_is_there(None, databases=["default"]) == []
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE cache")
    assert ids(checks.cache_table_is_there(None, databases=["default"])) == ["accounts.W002"]
    call_command("createcachetable")
    assert checks.cache_table_is_there(None, databases=["default"]) == []


@pytest.mark.django_db
def test_the_checks_are_asked():
    found = ids(run_checks(include_deployment_checks=True, databases=["default"]))
    assert "accounts.I001" in found
    assert "accounts.W002" not in found
