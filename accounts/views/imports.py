"""Import payments: give a table, look at what would come of it, import it, watch it, undo it."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import actions
from accounts.forms.imports import GivenForm, MappingForm
from accounts.gateways.tables import MOST_BYTES, Unreadable
from accounts.models import Import, Rulebook
from accounts.models.imports import DONE, DRAFT
from accounts.templatetags.imports import import_refusal
from accounts.views.crediting import doubted
from accounts.views.previewing import shown_rows
from accounts.views.requests import PersonRequest, find_account, takes_up_to, zone_of

MOST_EARLIER = 20


@takes_up_to(lambda: MOST_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
@require_http_methods(["GET", "HEAD", "POST"])
def import_payments(request: PersonRequest, account_id: UUID) -> HttpResponse:
    """The form that takes a file or pasted rows; what it takes is looked at before anything is written."""
    held, now = find_account(request, account_id, to_change=True), timezone.now()
    form = GivenForm(request.POST, request.FILES) if request.method == "POST" else GivenForm()
    if request.method == "POST" and form.is_valid():
        content, name = form.content()
        try:
            begun = actions.begin_import(
                held, content=content, file_name=name, zone=zone_of(request), by=request.user, now=now
            )
        except Unreadable as error:
            form.refuse(error.code, error.line)
        except actions.ImportRefused as refusal:
            form.add_error(None, import_refusal(refusal.code))
        else:
            return redirect("accounts:import", begun.pk)
    earlier = Import.objects.filter(account=held).exclude(state=DRAFT).without_content().select_related("created_by")
    context = {"account": held, "form": form, "earlier": earlier.order_by("-created_at", "-id")[:MOST_EARLIER]}
    return render(request, "accounts/import_payments.html", context, status=422 if form.errors else 200)


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
    """The import, if the person may change its account; a foreign one is a 404."""
    imports = Import.objects.editable_by(request.user).select_related("account__workspace", "created_by")
    return get_object_or_404(imports, pk=import_id)


def _page(
    request: PersonRequest,
    held: Import,
    *,
    now: datetime,
    form: MappingForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"import": held, "account": held.account, "refusal": refusal}
    if held.state == DRAFT:
        context |= preview_of(held, now=now, form=form)
    elif held.state == DONE:
        untouched = actions.untouched_payments(held).exclude(status="void").count()
        context |= {"untouched": untouched, "touched": held.added - untouched}
    return render(request, "accounts/import.html", context, status=status)


def preview_of(
    held: Import, *, now: datetime, form: MappingForm | None = None, reading: actions.Reading | None = None
) -> dict[str, Any]:
    """What a draft would bring, row by row and for the account, with the form that says what its columns hold."""
    reading = reading or actions.read_import(held, now=now)
    shelf = Rulebook.objects.of(held.account.provider).shelf()
    preview = actions.preview_import(held.account, reading, zone=ZoneInfo(held.zone), shelf=shelf, now=now)
    like = Import.objects.filter(account=held.account_id, digest=held.digest, state=DONE).without_content()
    return {
        "form": form or MappingForm(reading=reading, given=held.open_choices),
        "preview": preview,
        "rows": shown_rows(preview, held),
        "rulebook": preview.before.rulebook,
        "before": preview.before.as_json(),
        "after": preview.after.as_json(),
        "doubts_before": doubted(preview.before.doubts),
        "doubts_after": doubted(preview.after.doubts),
        "same_file": like.order_by("-ended_at").first(),
    }


@require_POST
@vary_on_headers("HX-Request")
def map_import(request: PersonRequest, import_id: UUID) -> HttpResponse:
    """Take over what the columns hold; the preview follows at once."""
    held, now = _find(request, import_id), timezone.now()
    if held.state != DRAFT:
        return redirect("accounts:import", held.pk)
    form = MappingForm(request.POST, reading=actions.read_import(held, now=now), given=held.open_choices)
    if not form.is_valid():
        if request.htmx:
            context = {"import": held, "account": held.account, **preview_of(held, now=now, form=form)}
            return render(request, "accounts/_import_preview.html", context, status=422)
        return _page(request, held, now=now, form=form, status=422)
    columns, choices = form.said()
    reading = actions.map_import(held, columns=columns, choices=choices, by=request.user, now=now)
    if not request.htmx:
        return redirect("accounts:import", held.pk)
    context = {"import": held, "account": held.account, **preview_of(held, now=now, reading=reading)}
    return render(request, "accounts/_import_preview.html", context)


@require_POST
def start_import(request: PersonRequest, import_id: UUID) -> HttpResponse:
    held, now = _find(request, import_id), timezone.now()
    try:
        actions.start_import(held, leaves_out=bool(request.POST.get("leave_out")), by=request.user, now=now)
    except actions.ImportRefused as refusal:
        held.refresh_from_db()
        return _page(request, held, now=now, refusal=import_refusal(refusal.code), status=422)
    return redirect("accounts:import", held.pk)


@require_POST
def cancel_import(request: PersonRequest, import_id: UUID) -> HttpResponse:
    held = _find(request, import_id)
    if actions.cancel_import(held, by=request.user, now=timezone.now()):
        messages.success(request, _("The import is given up. Nothing of it was written."))
        return redirect("accounts:import-payments", held.account_id)
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
