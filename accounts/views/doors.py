"""The doors: how people sign up and sign in (with allauth), and the way into a demo."""

import logging
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone, translation
from django.views.decorators.http import require_POST

from accounts import actions
from accounts.models import User

log = logging.getLogger(__name__)

DEMO_EMAIL = "demo@tierdash.example"


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """What tierdash wants of allauth."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGN_UP_IS_OPEN)

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Store a new person with the browser's language and zone, and give them a home, together or not at all."""
        user.language = translation.get_language() or settings.LANGUAGE_CODE
        user.time_zone = form.cleaned_data["time_zone"]
        with transaction.atomic():
            super().save_user(request, user, form, commit)
            actions.open_home(user, now=timezone.now())
        return user

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail about signing in. A mail server that is away must not undo what the person has just done."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException):
            log.exception("The mail %s could not be handed over.", template_prefix)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return _of_this_site(super().get_email_confirmation_url(request, emailconfirmation))

    def get_reset_password_from_key_url(self, key: str) -> str:
        return _of_this_site(super().get_reset_password_from_key_url(key))


def _of_this_site(address: str) -> str:
    """Lead to the configured site, whatever host the asking browser (or somebody in its name) has claimed."""
    return f"{settings.SITE_URL}{urlsplit(address).path}"


@login_not_required
@require_POST
def enter_demo(request: HttpRequest) -> HttpResponse:
    """Sign in as the demo's person, in the visitor's language; only where the whole instance is a demo."""
    if not settings.IS_DEMO:
        raise Http404
    user = get_object_or_404(User, email=DEMO_EMAIL)
    actions.change_profile(user, language=translation.get_language() or user.language, now=timezone.now())
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect(settings.LOGIN_REDIRECT_URL)
