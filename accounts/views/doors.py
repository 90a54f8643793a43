"""The doors: how people sign up and sign in (with allauth), and the way into a demo."""

from typing import Any

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


@login_not_required
@require_POST
def enter_demo(request: HttpRequest) -> HttpResponse:
    """Sign in as the demo's person; only where the whole instance is a demo."""
    if not settings.IS_DEMO:
        raise Http404
    user = get_object_or_404(User, email=DEMO_EMAIL)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect(settings.LOGIN_REDIRECT_URL)
