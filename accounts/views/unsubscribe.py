"""Stop mails of one kind from a link in a mail: without signing in, and in one click where the mail program can."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts import actions, notices


@csrf_exempt  # mail programs post here by themselves (RFC 8058); the token in the address is the proof
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button and changes nothing; POST stops the mails, or with `undo` lets them come again."""
    found = notices.unsubscribe.read(token)
    if found is None:
        raise Http404
    user, kind = found
    if request.method == "POST":
        user = actions.unmute_kind(user, kind) if "undo" in request.POST else actions.mute_kind(user, kind)
    facts = {"recipient": user, "kind": kind, "is_muted": kind in user.muted_kinds}
    return render(request, "accounts/unsubscribe.html", facts)
