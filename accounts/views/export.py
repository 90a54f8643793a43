"""Take things away, and bring them back: a workspace as a document or as tables, a person's own data."""

import logging
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import (
    is_reauthentication_required,
    raise_if_reauthentication_required,
)
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
from django.views.decorators.vary import vary_on_headers

from accounts import actions, exports
from accounts.forms.exports import RestoreForm
from accounts.models import Export, Workspace
from accounts.models.export import PERSON
from accounts.views.errors import too_many
from accounts.views.requests import PersonRequest, takes_up_to

log = logging.getLogger(__name__)

# How often a person may do what costs the database most.
LIMITS = {"export": "10/m/user,60/h/user", "restore": "20/h/user"}
MOST_SHOWN = 20


@require_safe
def export(request: PersonRequest) -> HttpResponse:
    """What can be taken away, and the files that were made of it. `?begin=` names one whose download begins at once."""
    return render(request, "accounts/export.html", _page(request, RestoreForm(user=request.user)))


def _page(request: PersonRequest, form: RestoreForm) -> dict[str, Any]:
    """The workspaces that a person may read, and their files; restoring is for those who own a workspace."""
    files = list(Export.objects.of(request.user)[:MOST_SHOWN])
    begin = request.GET.get("begin", "")
    return {
        "workspaces": Workspace.objects.visible_to(request.user),
        "files": files,
        "begun": next((held for held in files if held.is_done and str(held.pk) == begin), None),
        "may_import": Workspace.objects.editable_by(request.user).exists(),
        "restore_form": form if Workspace.objects.owned_by(request.user).exists() else None,
    }


@require_POST
def begin_export(request: PersonRequest, workspace_id: UUID, form: str) -> HttpResponse:
    """Make a file of a workspace; whoever may read it may take it away."""
    workspace = get_object_or_404(Workspace.objects.visible_to(request.user), pk=workspace_id)
    if form not in exports.FORMATS:
        raise Http404
    return _begin(request, workspace, form)


@require_POST
def my_data(request: PersonRequest) -> HttpResponse:
    """Make a file of what the instance holds about the person themselves."""
    return _begin(request, None, PERSON)


def _begin(request: PersonRequest, workspace: Workspace | None, form: str) -> HttpResponse:
    """Whoever takes everything away must have given their password a short while ago; the form goes on after that."""
    raise_if_reauthentication_required(request, app="account")
    if not _is_within_limits(request, "export"):
        return too_many(request)
    held = actions.begin_export(workspace, form=form, by=request.user, now=timezone.now())
    return redirect(f"{reverse('accounts:export')}?{urlencode({'begin': held.pk})}#files")


@require_safe
@vary_on_headers("HX-Request")
def show_export(request: PersonRequest, export_id: UUID) -> HttpResponse:
    """How far a file is, or without htmx the page on which it stands."""
    held = get_object_or_404(Export.objects.of(request.user), pk=export_id)
    if not request.htmx:
        return export(request)
    return render(request, "accounts/_file.html", {"file": held})


@require_safe
def download_export(request: PersonRequest, export_id: UUID) -> HttpResponseBase:
    """A file that is done. Its length goes before it, so that one that breaks off half-way is not taken for whole."""
    held = get_object_or_404(Export.objects.of(request.user), pk=export_id)
    if not held.is_done:
        raise Http404
    if is_reauthentication_required(request, app="account"):
        ways = get_adapter().get_reauthentication_methods(request.user)
        back = f"{reverse('accounts:export')}?{urlencode({'begin': held.pk})}"
        return redirect(f"{ways[0]['url']}?{urlencode({'next': back})}")
    log.info("Person %s takes the export %s away.", request.user.pk, held.pk)
    response = StreamingHttpResponse(held.content(), content_type=exports.TYPES[held.form])
    response.headers["Content-Length"] = str(held.size)
    # Packed on its way it would have no length.
    response.headers["Content-Encoding"] = "identity"
    response.headers["Content-Disposition"] = content_disposition_header(True, held.file_name)
    return response


def _is_within_limits(request: PersonRequest, action: str) -> bool:
    """Whether the person may do it once more by now; counts it."""
    used = ratelimit.consume(request, app="accounts", action=action, config=LIMITS, user=request.user)
    return used is not None


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
