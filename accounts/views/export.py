"""Take things away, and bring them back: a workspace as a document or as tables, a person's own data."""

import logging
import re
from collections.abc import Iterator
from urllib.parse import urlencode
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import actions, exports
from accounts.forms.exports import RestoreForm
from accounts.models import Workspace
from accounts.views.requests import PersonRequest, takes_up_to

log = logging.getLogger(__name__)

MY_DATA = "my-data"
# How often a person may do what costs the database most.
LIMITS = {"export": "10/m/user,60/h/user", "restore": "20/h/user"}


@require_safe
def export(request: PersonRequest) -> HttpResponse:
    """The files there are. `?begin=` names one whose download begins at once: who asked for it has come back here."""
    page = _page(request, RestoreForm(user=request.user))
    return render(request, "accounts/export.html", page | {"begun": _begun(request)})


def _page(request: PersonRequest, form: RestoreForm) -> dict[str, object]:
    """The workspaces that a person may read; restoring is for those who own one."""
    owns_one = Workspace.objects.owned_by(request.user).exists()
    return {
        "workspaces": Workspace.objects.visible_to(request.user),
        "restore_form": form if owns_one else None,
        "may_import": Workspace.objects.editable_by(request.user).exists(),
    }


def _begun(request: PersonRequest) -> str:
    """The address of the file that `begin` names; "" when it names none."""
    named, _slash, form = request.GET.get("begin", "").partition("/")
    if named == MY_DATA:
        return reverse("accounts:my-data")
    held = Workspace.objects.visible_to(request.user) if form in exports.FORMATS else ()
    ids = [workspace.pk for workspace in held if str(workspace.pk) == named]
    return reverse("accounts:download-workspace", args=[ids[0], form]) if ids else ""


@require_safe
def download_workspace(request: PersonRequest, workspace_id: UUID, form: str) -> HttpResponseBase:
    """A workspace as a file; whoever may read it may take it away."""
    workspace = get_object_or_404(Workspace.objects.visible_to(request.user), pk=workspace_id)
    if form not in exports.FORMATS:
        raise Http404
    suffix, content_type, pieces_of = exports.FORMATS[form]
    now = timezone.now()
    name = f"{_plain(workspace.name)}-{now:%Y-%m-%d}.{suffix}"
    return _file(request, f"{workspace.pk}/{form}", pieces_of(workspace, now=now), name, content_type)


@require_safe
def my_data(request: PersonRequest) -> HttpResponseBase:
    """What the instance holds about the person themselves."""
    now = timezone.now()
    name = f"tierdash-{_plain(request.user.email)}-{now:%Y-%m-%d}.json"
    return _file(request, MY_DATA, exports.person_as_json(request.user, now=now), name, "application/json")


def _file(
    request: PersonRequest, named: str, pieces: Iterator[bytes], name: str, content_type: str
) -> HttpResponseBase:
    """The file that is `named`, sent while it is written, so that nothing waits for it to be whole.

    Whoever takes one away must have given their password a short while ago, and takes so many an hour. Where it
    breaks off half-way, the connection breaks with it: what has arrived then is no JSON and no ZIP, and is not taken.
    """
    if is_reauthentication_required(request, app="account"):
        ways = get_adapter().get_reauthentication_methods(request.user)
        back = f"{reverse('accounts:export')}?{urlencode({'begin': named})}"
        return redirect(f"{ways[0]['url']}?{urlencode({'next': back})}")
    if not _is_within_limits(request, "export"):
        return ratelimit.respond_429(request)
    log.info("%s takes %s away.", request.user.pk, named)
    response = StreamingHttpResponse(pieces, content_type=content_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    return response


def _is_within_limits(request: PersonRequest, action: str) -> bool:
    """Whether the person may do it once more by now; counts it."""
    used = ratelimit.consume(request, app="accounts", action=action, config=LIMITS, user=request.user, limit_get=True)
    return used is not None


def _plain(name: str) -> str:
    """A name that every file system takes; letters of every script stay."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:80] or "workspace"


@takes_up_to(lambda: exports.most_bytes() + settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
@require_POST
def restore_workspace(request: PersonRequest) -> HttpResponse:
    """Bring a workspace back from its JSON. What is wrong with it stands beside the field, by its place in the file."""
    if not Workspace.objects.owned_by(request.user).exists():
        raise Http404
    form = RestoreForm(request.POST, request.FILES, user=request.user)
    if not _is_within_limits(request, "restore"):
        form.add_error(None, _("Too many attempts. Try again in an hour."))
    elif form.is_valid():
        try:
            workspace = actions.restore_workspace(
                form.cleaned_data["document"],
                with_people=form.cleaned_data.get("with_people", False),
                by=request.user,
                now=timezone.now(),
            )
        except exports.DocumentError as error:
            form.add_error("document", str(error))
        else:
            messages.success(request, _("{name} is back.").format(name=workspace.name))
            return redirect("accounts:board")
    return render(request, "accounts/export.html", _page(request, form), status=422)
