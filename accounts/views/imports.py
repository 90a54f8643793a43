"""Import payments: give a table, look at what would come of it, import it, watch it, undo it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import actions
from accounts.forms.imports import GivenForm, MappingForm
from accounts.gateways.workbooks import Unreadable
from accounts.models import Account, Import, Workspace
from accounts.models.imports import DONE, DRAFT
from accounts.templatetags.imports import import_refusal, why_unreadable
from accounts.views.previewing import parts_of_result, preview_of
from accounts.views.requests import PersonRequest, find_account, zone_of

MOST_EARLIER = 20


@require_http_methods(["GET", "HEAD", "POST"])
def import_payments(request: PersonRequest, account_id: UUID) -> HttpResponse:
    """The form that takes a file or pasted rows; what it takes is looked at before anything is written."""
    held, now = find_account(request, account_id, to_change=True), timezone.now()
    form = GivenForm(request.POST, request.FILES) if request.method == "POST" else GivenForm()
    if request.method == "POST" and form.is_valid() and (begun := take_in(request, form, held, now=now)):
        return redirect("accounts:import", begun.pk)
    context = {"account": held, "form": form, "earlier": earlier_imports(held), "address": request.path}
    return render(request, "accounts/import_payments.html", context, status=422 if form.errors else 200)


def take_in(request: PersonRequest, form: GivenForm, home: Account | Workspace, *, now: datetime) -> Import | None:
    """Begin an import of what a valid form gives; None when it is no table: the form says why."""
    content, name = form.content()
    try:
        return actions.begin_import(
            home, content=content, file_name=name, zone=zone_of(request), by=request.user, now=now
        )
    except Unreadable as error:
        form.refuse(error.code, error.line)
    except actions.ImportRefused as refusal:
        form.add_error(None, import_refusal(refusal.code))
    return None


def earlier_imports(home: Account | Workspace) -> list[Import]:
    """What was imported before, and what became of it; latest first."""
    earlier = Import.objects.into(home).exclude(state=DRAFT).without_content().select_related("created_by")
    return list(earlier[:MOST_EARLIER])


@require_safe
@vary_on_headers("HX-Request")
def show_import(request: PersonRequest, import_id: UUID) -> HttpResponse:
    """An import in whatever state it is; for htmx its progress alone (the page anew when it is over)."""
    held, now = _find(request, import_id), timezone.now()
    if request.htmx:
        if not held.is_under_way:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return render(request, "accounts/_import_progress.html", {"import": held})
    return _page(request, held, now=now)


def _find(request: PersonRequest, import_id: UUID) -> Import:
    """The import, if the person may change what it goes into; a foreign one is a 404."""
    imports = Import.objects.editable_by(request.user).select_related("account__workspace", "workspace", "created_by")
    return get_object_or_404(imports, pk=import_id)


def _start_of(held: Import) -> str:
    """Where another table can be given."""
    if held.account_id is None:
        return reverse("accounts:workspace-import")
    return reverse("accounts:import-payments", args=[held.account_id])


def _page(
    request: PersonRequest,
    held: Import,
    *,
    now: datetime,
    form: MappingForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"import": held, "account": held.account, "refusal": refusal, "begin": _start_of(held)}
    if held.state == DRAFT:
        context |= preview_of(held, now=now, form=form)
    elif held.state == DONE:
        untouched = actions.untouched_payments(held).exclude(status="void").count()
        context |= {"untouched": untouched, "touched": held.added - untouched}
    context["gone_to"] = parts_of_result(held)
    return render(request, "accounts/import.html", context, status=status)


@require_POST
@vary_on_headers("HX-Request")
def map_import(request: PersonRequest, import_id: UUID) -> HttpResponse:
    """Take over what the columns hold; the preview follows at once."""
    held, now = _find(request, import_id), timezone.now()
    if held.state != DRAFT:
        return redirect("accounts:import", held.pk)
    sketch = actions.sketch_import(held)
    form = MappingForm(request.POST, sketch=sketch, given=held.open_choices)
    reading = _mapped(request, held, form, now=now) if form.is_valid() else None
    status = 200 if reading is not None else 422
    if request.htmx:
        context = preview_of(held, now=now, form=None if reading else form, reading=reading)
        return render(request, "accounts/_import_preview.html", context, status=status)
    if reading is not None:
        return redirect("accounts:import", held.pk)
    return _page(request, held, now=now, form=form, status=status)


def _mapped(request: PersonRequest, held: Import, form: MappingForm, *, now: datetime) -> actions.Reading | None:
    """What a draft says when it is read as a valid form wants it; None when that cannot be: the form says why."""
    if not form.sheet:
        columns, choices = form.said()
        table = form.sketch.table
        return actions.map_import(held, columns=columns, choices=choices, table=table, by=request.user, now=now)
    try:
        return actions.choose_sheet(held, sheet=form.sheet, by=request.user, now=now)
    except Unreadable as error:
        form.add_error("sheet", why_unreadable(error.code, error.line))
    return None


@require_POST
def forget_mapping(request: PersonRequest, import_id: UUID) -> HttpResponse:
    """Guess the columns of a draft anew, and forget what was said of such tables before."""
    held = _find(request, import_id)
    if held.state == DRAFT:
        actions.forget_mapping(held, by=request.user, now=timezone.now())
        messages.success(request, _("What was said of such tables is forgotten; the columns are guessed anew."))
    return redirect("accounts:import", held.pk)


@require_POST
def widen_import(request: PersonRequest, import_id: UUID) -> HttpResponse:
    """Take a draft for one account as one for every account that its rows name."""
    held = _find(request, import_id)
    if held.state == DRAFT:
        actions.widen_import(held, by=request.user, now=timezone.now())
    return redirect("accounts:import", held.pk)


@require_POST
def start_import(request: PersonRequest, import_id: UUID) -> HttpResponse:
    held, now = _find(request, import_id), timezone.now()
    leaves_out, destined = bool(request.POST.get("leave_out")), request.POST.get("destined", "")[:64]
    try:
        actions.start_import(held, leaves_out=leaves_out, destined=destined, by=request.user, now=now)
    except actions.ImportRefused as refusal:
        held.refresh_from_db()
        return _page(request, held, now=now, refusal=import_refusal(refusal.code), status=422)
    return redirect("accounts:import", held.pk)


@require_POST
def cancel_import(request: PersonRequest, import_id: UUID) -> HttpResponse:
    held = _find(request, import_id)
    if actions.cancel_import(held, by=request.user, now=timezone.now()):
        messages.success(request, _("The import is given up. Nothing of it was written."))
        return redirect(_start_of(held))
    messages.info(request, _("The import was over already."))
    return redirect("accounts:import", held.pk)


@require_POST
def undo_import(request: PersonRequest, import_id: UUID) -> HttpResponse:
    held = _find(request, import_id)
    try:
        actions.undo_import(held, by=request.user, now=timezone.now())
    except actions.ImportRefused as refusal:
        messages.error(request, import_refusal(refusal.code))
    return redirect("accounts:import", held.pk)
