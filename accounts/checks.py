"""What `manage.py check` says of a deployment beside Django's own checks."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Info, Tags, Warning, register
from django.db import connections

from accounts.models import User


@register(deploy=True)
def mail_leaves(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if settings.EMAIL_URL:
        return []
    return [
        Info(
            "No mail leaves this machine: it is kept in the local mailbox.",
            hint="Set EMAIL_URL to send it through an SMTP server.",
            id="accounts.I001",
        )
    ]


@register(Tags.security, deploy=True)
def address_is_safe(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    site = urlsplit(settings.SITE_URL)
    if site.scheme == "https" or _is_loopback(site.hostname or ""):
        return []
    return [
        Warning(
            f"People reach {settings.SITE_URL} without encryption: passwords and sessions can be read on the way.",
            hint="Put a proxy that speaks HTTPS before it, and set TIERDASH_URL to its https:// address.",
            id="accounts.W001",
        )
    ]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@register(Tags.security, deploy=True)
def keyring_is_private(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    path = settings.KEYRING_PATH
    if settings.KEYRING or not path.exists() or not path.stat().st_mode & 0o077:
        return []
    return [
        Warning(
            f"Others than its owner may read {path}, which opens every secret of the database.",
            hint=f"Run 'chmod 600 {path}'.",
            id="accounts.W003",
        )
    ]


@register(Tags.database)
def cache_table_is_there(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """The limits on sign-in attempts live in the cache; before the first `migrate` there is nothing to miss."""
    cache = settings.CACHES["default"]
    if not databases or not cache["BACKEND"].endswith(".DatabaseCache"):
        return []
    connection = connections["default"]
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    if User._meta.db_table not in tables or cache["LOCATION"] in tables:
        return []
    return [
        Warning(
            f"The cache's table {cache['LOCATION']!r} is missing: nobody can sign in.",
            hint="Run 'manage.py createcachetable'.",
            id="accounts.W002",
        )
    ]
