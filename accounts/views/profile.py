"""The profile: name, language, time zone, and which notices come by mail."""

from datetime import timedelta
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language as remember_language

from accounts import actions
from accounts.forms import ProfileForm
from accounts.forms.people import time_zones
from accounts.models import User
from accounts.models.user import THEMES
from accounts.templatetags import themes
from accounts.views.feed import feed_of

YEAR = timedelta(days=365)


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    form = ProfileForm.of(user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        actions.change_profile(
            user,
            name=form.cleaned_data["name"],
            language=form.cleaned_data["language"],
            time_zone=form.cleaned_data["time_zone"],
            muted_kinds=form.muted_kinds(),
            now=timezone.now(),
        )
        with translation.override(user.language):
            messages.success(request, _("Your profile is saved."))
        return redirect("accounts:profile")
    facts = {"form": form, "time_zones": sorted(time_zones()), **feed_of(user, now=timezone.now())}
    return render(request, "accounts/profile.html", facts, status=422 if form.is_bound else 200)


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Switch the language: for this browser, and for the person who is signed in."""
    response = remember_language(request)
    language = request.POST.get("language", "")
    if isinstance(request.user, User) and language in dict(settings.LANGUAGES):
        actions.change_profile(request.user, language=language, now=timezone.now())
    return response


@login_not_required
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Switch between light, dark and what the system says: for this browser, and for the person who is signed in."""
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        return HttpResponseBadRequest()
    page = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        page = "/"
    response = redirect(page)
    response.set_cookie(
        themes.COOKIE,
        theme,
        max_age=YEAR,
        httponly=True,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        samesite="Lax",
    )
    if isinstance(request.user, User):
        actions.change_profile(request.user, theme=theme, now=timezone.now())
    return response
