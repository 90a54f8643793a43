"""The way that mail leaves, as the deployment has set it."""

from urllib.parse import urlsplit

from django.conf import settings

from accounts.gateways.letter import Transport
from accounts.gateways.mailbox import Mailbox
from accounts.gateways.smtp import Patience, Server

# A person waits in front of a page for this one.
HURRIED = Patience(step=8, before_data=15, reply=15)


def chosen(*, is_hurried: bool = False) -> Transport:
    """Return the mail server of EMAIL_URL, or the local mailbox where none is set."""
    if not settings.EMAIL_URL:
        return Mailbox(settings.MAILBOX_DIR)
    return Server(
        host=settings.EMAIL_HOST,
        port=settings.EMAIL_PORT,
        user=settings.EMAIL_HOST_USER or "",
        password=settings.EMAIL_HOST_PASSWORD or "",
        use_starttls=settings.EMAIL_USE_TLS,
        use_tls=settings.EMAIL_USE_SSL,
        our_name=urlsplit(settings.SITE_URL).hostname or "localhost",
        patience=HURRIED if is_hurried else Patience(),
    )
