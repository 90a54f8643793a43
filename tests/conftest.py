"""What every test stands on. The database cluster is a plugin of its own: tests/cluster.py."""

import pytest
from django.conf import settings
from django.test import override_settings


@pytest.fixture(autouse=True, scope="session")
def quick_and_plain():
    """Static files by their plain names (no build before), and a hash that costs nothing for passwords of tests."""
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(
        STORAGES=settings.STORAGES | plain, PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]
    ):
        yield
