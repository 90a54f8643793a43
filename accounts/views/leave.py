"""Delete one's own account: what that does, and the last word."""

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import actions
from accounts.forms.exports import LeaveForm
from accounts.views.requests import PersonRequest


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: PersonRequest) -> HttpResponse:
    """Say what leaving does; do it once address and password are typed."""
    form = LeaveForm(request.POST if request.method == "POST" else None, user=request.user)
    status = 422 if form.is_bound else 200
    if form.is_bound and not ratelimit.consume(request, action="reauthenticate", user=request.user):
        form, status = LeaveForm(user=request.user), 429
        messages.error(request, _("Too many attempts. Try again in a minute."))
    elif form.is_valid():
        try:
            actions.delete_person(request.user, now=timezone.now())
        except actions.LeavingRefused:
            form.add_error(None, _("You are the only administrator. Make somebody else one before you leave."))
        else:
            logout(request)
            messages.success(request, _("Your account is deleted."))
            return redirect("account_login")
    facts = {"leave_form": form, "leaving": actions.what_leaving_does(request.user)}
    return render(request, "accounts/leave.html", facts, status=status)
