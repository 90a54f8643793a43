"""The receipts of a payment: attach files, hand them out, remove them, take them back."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.messages import constants
from django.core.files.base import File
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import actions
from accounts.forms.receipts import ReceiptsForm, most_bytes
from accounts.gateways import files
from accounts.models import Payment, Receipt
from accounts.templatetags.receipts import outcome_sentences, outcome_words
from accounts.views.account import changed
from accounts.views.requests import PersonRequest, find_payment, find_receipt, takes_up_to

# What a browser may do with a file that somebody has attached: nothing but keep it.
GUARDS = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
TYPES = {"pdf": "application/pdf", "png": "image/png", "jpeg": "image/jpeg", "eml": "message/rfc822"}
LEVELS = {"taken": constants.SUCCESS, "there": constants.INFO}
RETRY_AFTER_SECONDS = 30
# What is larger goes out piece by piece.
IN_MEMORY = 256 * 1024


@takes_up_to(most_bytes)
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def receipts(request: PersonRequest, uid: UUID) -> HttpResponse:
    """A payment's receipts with the form that attaches more. Each file that comes gets its own answer."""
    payment, now = find_payment(request, uid), timezone.now()
    form = ReceiptsForm(request.POST, request.FILES) if request.method == "POST" else ReceiptsForm()
    if request.method == "POST" and form.is_valid():
        outcomes = attach(request, payment, form.given(), now=now)
        if request.htmx or not any(outcome.is_refused for outcome in outcomes):
            return changed(request, payment.account, now=now)
    context = {"account": payment.account, "payment": payment, "form": form, "receipts": payment.receipts.kept()}
    return render(request, "accounts/receipts.html", context, status=422 if request.method == "POST" else 200)


def attach(
    request: PersonRequest, payment: Payment, given: Sequence[actions.Given], *, now: datetime
) -> list[actions.Outcome]:
    """Attach what came along with a form, and say of every file what became of it."""
    if not given:
        return []
    outcomes = actions.attach_receipts(payment, given, by=request.user, now=now)
    for code, sentence in outcome_sentences(outcomes):
        messages.add_message(request, LEVELS.get(code, constants.ERROR), sentence)
    return outcomes


@require_POST
@vary_on_headers("HX-Request")
def remove_receipt(request: PersonRequest, receipt_id: UUID) -> HttpResponse:
    receipt, now = find_receipt(request, receipt_id), timezone.now()
    actions.remove_receipt(receipt, by=request.user, now=now)
    messages.success(
        request,
        _("{name} is removed. For an hour it can be taken back.").format(name=receipt.name),
        extra_tags=reverse("accounts:restore-receipt", args=[receipt.pk]),
    )
    return changed(request, receipt.payment.account, now=now)


@require_POST
@vary_on_headers("HX-Request")
def restore_receipt(request: PersonRequest, receipt_id: UUID) -> HttpResponse:
    receipt, now = find_receipt(request, receipt_id), timezone.now()
    try:
        actions.restore_receipt(receipt, by=request.user, now=now)
    except actions.ReceiptRefused as refusal:
        if refusal.code == "gone":
            raise Http404 from refusal
        messages.error(request, outcome_words(refusal.code))
    else:
        messages.success(request, _("{name} is back.").format(name=receipt.name))
    return changed(request, receipt.payment.account, now=now)


@require_safe
def receipt(request: PersonRequest, receipt_id: UUID) -> HttpResponse | FileResponse:
    """The file itself, to be kept by the browser and not to be shown by it."""
    held = _find(request, receipt_id)
    return _handed_out(request, held, files.open_file, TYPES[held.kind], as_attachment=True, filename=held.name)


@require_safe
def receipt_thumbnail(request: PersonRequest, receipt_id: UUID) -> HttpResponse | FileResponse:
    """A small picture of a receipt that is a picture."""
    held = _find(request, receipt_id)
    if not held.has_thumbnail:
        raise Http404
    return _handed_out(request, held, files.open_thumbnail, TYPES["png"])


def _find(request: PersonRequest, receipt_id: UUID) -> Receipt:
    """The receipt, if the person may see its account; a foreign one is a 404, and so is one that was removed."""
    receipts = Receipt.objects.visible_to(request.user).kept().select_related("payment__account")
    return get_object_or_404(receipts, pk=receipt_id)


def _handed_out(
    request: PersonRequest, held: Receipt, open_it: Callable[[str], "File[Any]"], content_type: str, **facts: Any
) -> HttpResponse | FileResponse:
    """What lies in the file room. `facts` are those of Content-Disposition."""
    try:
        file = open_it(held.sha256)
    except (files.Missing, files.Unreachable) as error:
        files.log.warning("The file of receipt %s cannot be read: %s", held.pk, error)
        return _not_there(request, held, is_gone=isinstance(error, files.Missing))
    if file.size > IN_MEMORY:
        return FileResponse(file, content_type=content_type, headers=GUARDS, **facts)
    with file:
        response = HttpResponse(file.read(), content_type=content_type, headers=GUARDS)
    if facts:
        response.headers["Content-Disposition"] = content_disposition_header(**facts)
    return response


def _not_there(request: PersonRequest, held: Receipt, *, is_gone: bool) -> HttpResponse:
    """A page that says so, in place of the file."""
    context = {"receipt": held, "is_gone": is_gone}
    answer = render(request, "accounts/receipt.html", context, status=404 if is_gone else 503)
    if not is_gone:
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer
