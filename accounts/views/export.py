"""Take things away, and bring them back: a workspace as a document or as tables, a person's own data."""

import logging
import re
from collections.abc import Callable
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import actions, exports
from accounts.forms.exports import RestoreForm
from accounts.gateways import files
from accounts.models import Workspace
from accounts.views.requests import PersonRequest, takes_up_to

log = logging.getLogger(__name__)

# How many bytes of a file are kept in memory before it goes to the disk.
IN_MEMORY = 4 * 1024 * 1024


@require_safe
def export(request: PersonRequest) -> HttpResponse:
    return render(request, "accounts/export.html", _page(request, RestoreForm(user=request.user)))


def _page(request: PersonRequest, form: RestoreForm) -> dict[str, object]:
    """The workspaces that a person may read; restoring is for those who own one."""
    owns_one = Workspace.objects.owned_by(request.user).exists()
    return {
        "workspaces": Workspace.objects.visible_to(request.user),
        "restore_form": form if owns_one else None,
        "may_import": Workspace.objects.editable_by(request.user).exists(),
    }


@require_safe
def download_workspace(request: PersonRequest, workspace_id: UUID, form: str) -> HttpResponse | FileResponse:
    """A workspace as a file; whoever may read it may take it away."""
    workspace = get_object_or_404(Workspace.objects.visible_to(request.user), pk=workspace_id)
    if form not in exports.FORMATS:
        raise Http404
    suffix, content_type, write = exports.FORMATS[form]
    now = timezone.now()
    name = f"{_plain(workspace.name)}-{now:%Y-%m-%d}.{suffix}"
    try:
        return _file(lambda file: write(workspace, file, now=now), name, content_type)
    except files.Unreachable:
        log.exception("The receipts of workspace %s cannot be read.", workspace.pk)
        messages.error(request, _("The files of the receipts cannot be reached just now. Try again in a minute."))
        return redirect("accounts:export")


@require_safe
def my_data(request: PersonRequest) -> HttpResponse | FileResponse:
    """What the instance holds about the person themselves."""
    now: datetime = timezone.now()
    name = f"tierdash-{_plain(request.user.email)}-{now:%Y-%m-%d}.json"
    return _file(lambda file: exports.write_person(request.user, file, now=now), name, "application/json")


def _file(write: Callable[[IO[bytes]], None], name: str, content_type: str) -> HttpResponse | FileResponse:
    """Written whole before the first byte leaves, so that an error is an error page; on the disk where it is large."""
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - a large one is closed by its response
    write(cast(IO[bytes], file))
    size = file.tell()
    file.seek(0)
    if size > IN_MEMORY:
        return FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
    with file:
        response = HttpResponse(file.read(), content_type=content_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    return response


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
    if form.is_valid():
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
