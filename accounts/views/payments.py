"""Record, correct, void and restore payments; each answer carries every part of the page that follows."""

import uuid
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts import actions
from accounts.forms.payments import PaymentForm
from accounts.models import Account
from accounts.views.account import page_of
from accounts.views.requests import PersonRequest, find_account, find_payment, zone_of


@require_POST
@vary_on_headers("HX-Request")
def record_payment(request: PersonRequest, account_id: UUID) -> HttpResponse:
    """Record a payment from the form of the account page."""
    held, now = find_account(request, account_id, to_change=True), timezone.now()
    form = PaymentForm(request.POST, account=held, zone=zone_of(request), now=now)
    if not form.is_valid():
        return _form_again(request, held, form, now=now)
    try:
        actions.record_payment(
            held, facts=form.facts(), form_key=form.cleaned_data["form_key"] or uuid.uuid4(), by=request.user, now=now
        )
    except actions.PaymentRefused as refusal:
        form.refuse(refusal)
        return _form_again(request, held, form, now=now)
    except actions.FormUsedBefore:
        form.refuse_reuse()
        return _form_again(request, held, form, now=now, status=409)
    messages.success(request, _("The payment is recorded."))
    return _changed(request, held, now=now)


def _form_again(
    request: PersonRequest, held: Account, form: PaymentForm, *, now: datetime, status: int = 422
) -> HttpResponse:
    """Show the form with its errors; nothing that was typed is lost."""
    if request.htmx:
        answer = render(request, "accounts/_payment_form.html", {"account": held, "form": form}, status=422)
        answer["HX-Retarget"] = "#payment-form"
        answer["HX-Reswap"] = "outerHTML"
        return answer
    return render(request, "accounts/account.html", page_of(request, held, now=now, form=form), status=status)


def _changed(request: PersonRequest, held: Account, *, now: datetime) -> HttpResponse:
    """Show what changed: every part of the page at once, or the page itself."""
    if not request.htmx:
        return redirect("accounts:account", held.pk)
    fresh = find_account(request, held.pk)
    return render(request, "accounts/_account_changed.html", page_of(request, fresh, now=now))


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def correct_payment(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Show a payment's form in its place, and correct the payment from it."""
    payment, now = find_payment(request, uid), timezone.now()
    form = PaymentForm(
        request.POST if request.method == "POST" else None,
        account=payment.account,
        payment=payment,
        zone=zone_of(request),
        now=now,
        prefix=f"p{payment.pk}",
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.correct_payment(payment, facts=form.facts(), by=request.user, now=now)
        except actions.PaymentRefused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("The payment is corrected; the history keeps what stood there before."))
            return _changed(request, payment.account, now=now)
    template = "accounts/_payment_edit.html" if request.htmx else "accounts/payment.html"
    status = 422 if form.errors else 200
    return render(request, template, {"account": payment.account, "payment": payment, "form": form}, status=status)


@require_POST
def void_payment(request: PersonRequest, uid: UUID) -> HttpResponse:
    payment, now = find_payment(request, uid), timezone.now()
    actions.void_payment(payment, by=request.user, now=now)
    messages.success(request, _("The payment is void and counts for nothing. It can be restored in its row."))
    return _changed(request, payment.account, now=now)


@require_POST
def restore_payment(request: PersonRequest, uid: UUID) -> HttpResponse:
    payment, now = find_payment(request, uid), timezone.now()
    try:
        actions.restore_payment(payment, by=request.user, now=now)
    except actions.PaymentRefused:
        messages.error(request, _("Another payment has this reference by now; correct that one first."))
    else:
        messages.success(request, _("The payment is restored."))
    return _changed(request, payment.account, now=now)
