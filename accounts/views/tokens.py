"""The tokens of a person's scripts: list them, make one, revoke one."""

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import actions
from accounts.forms.tokens import TokenForm
from accounts.models import Token
from accounts.views.requests import PersonRequest


@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: PersonRequest) -> HttpResponse:
    """The list and the form. A new token's secret stands in this one answer and nowhere else.

    Whoever makes a token must have given their password a short while ago: a token outlives the session.
    """
    form = TokenForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, form, status=422 if form.is_bound else 200)
    raise_if_reauthentication_required(request, app="account")
    now = timezone.now()
    try:
        made = actions.make_token(request.user, **form.facts(now=now), now=now)
    except actions.TokenRefused as refusal:
        form.add_error(None, _words(refusal))
        return _page(request, form, status=422)
    return _page(request, TokenForm(), made=made, status=201)


def _words(refusal: actions.TokenRefused) -> str:
    if refusal.reason == "made_before":
        return _("This form has made a token already, and its secret cannot be shown again. Load the page anew.")
    return _("There are too many tokens. Revoke those that nothing uses any more.")


def _page(
    request: PersonRequest, form: TokenForm, *, made: actions.Made | None = None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "made": made, "tokens": Token.objects.of(request.user)}
    return render(request, "accounts/tokens.html", context, status=status)


@require_POST
def revoke_token(request: PersonRequest, token_id: int) -> HttpResponse:
    """End a token for good; a foreign one is a 404."""
    token = get_object_or_404(Token.objects.of(request.user), pk=token_id)
    actions.revoke_token(token, now=timezone.now())
    messages.success(request, _("%(name)s lets nobody in any more.") % {"name": token.name})
    return redirect("accounts:tokens")
