"""Record, correct, void and restore payments; each answer carries every part of the page that follows."""

import uuid
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts import actions
from accounts.forms.payments import PaymentForm, words_of
from accounts.forms.receipts import most_bytes
from accounts.models import Account, Payment, Rulebook
from accounts.views.account import changed, whole_page
from accounts.views.crediting import credit_that_expires
from accounts.views.ledger import payments_of
from accounts.views.receipts import attach
from accounts.views.requests import PersonRequest, find_account, find_payment, said, takes_up_to, zone_of


@takes_up_to(most_bytes)
@require_POST
@vary_on_headers("HX-Request")
def record_payment(request: PersonRequest, account_id: UUID) -> HttpResponse:
    """Record a payment from the form of the account page, with the receipts that come along."""
    held, now = find_account(request, account_id, to_change=True), timezone.now()
    form = PaymentForm(request.POST, request.FILES, account=held, zone=zone_of(request), now=now)
    if not form.is_valid():
        return _form_again(request, held, form, now=now)
    try:
        payment = actions.record_payment(
            held, facts=form.facts(), form_key=form.cleaned_data["form_key"] or uuid.uuid4(), by=request.user, now=now
        )
    except actions.PaymentRefused as refusal:
        form.refuse(refusal)
        return _form_again(request, held, form, now=now)
    except actions.FormUsedBefore:
        form.refuse_reuse()
        return _form_again(request, held, form, now=now, status=409)
    messages.success(request, _("The payment is recorded."))
    attach(request, payment, form.given(), now=now)
    return changed(request, held, now=now, is_form_used=True)


def _form_again(
    request: PersonRequest, held: Account, form: PaymentForm, *, now: datetime, status: int = 422
) -> HttpResponse:
    """Show the form with its errors; nothing that was typed is lost."""
    form.tell_of_files()
    if request.htmx:
        return render(request, "accounts/_payment_form.html", {"account": held, "form": form}, status=status)
    return whole_page(request, held, now=now, form=form, status=status)


@takes_up_to(most_bytes)
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def correct_payment(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Show a payment's form in its place, and correct the payment from it. For htmx, `leave` shows its line again."""
    payment, now = find_payment(request, uid), timezone.now()
    if request.htmx and "leave" in request.GET:
        return _line(request, payment, now=now)
    form = PaymentForm(
        *((request.POST, request.FILES) if request.method == "POST" else ()),
        account=payment.account,
        payment=payment,
        zone=zone_of(request),
        now=now,
        focus=said(request, "field"),
        prefix=f"p{payment.pk}",
    )
    if request.method == "POST" and form.is_valid() and _is_corrected(request, payment, form, now=now):
        return changed(request, payment.account, now=now, corrected=uid)
    template = "accounts/_payment_edit.html" if request.htmx else "accounts/payment.html"
    status = 422 if form.errors else 200
    form.tell_of_files()
    context = {"account": payment.account, "payment": payment, "form": form, "receipts": payment.receipts.kept()}
    return render(request, template, context, status=status)


def _is_corrected(request: PersonRequest, payment: Payment, form: PaymentForm, *, now: datetime) -> bool:
    """Whether the valid form could be taken over; what cannot be stands in it."""
    facts, given = form.facts(), form.given()
    is_other = facts != actions.facts_of(payment)
    try:
        actions.correct_payment(payment, facts=facts, by=request.user, now=now)
    except actions.PaymentRefused as refusal:
        form.refuse(refusal)
        return False
    if is_other or not given:
        messages.success(request, _("The payment is corrected; the history keeps what stood there before."))
    attach(request, payment, given, now=now)
    return True


def _line(request: PersonRequest, payment: Payment, *, now: datetime) -> HttpResponse:
    """The payment's line of the ledger."""
    held = payment.account
    lines = [line for _, line in Payment.objects.filter(account=held).in_entry_order().lines()]
    standing = actions.assess(held, lines, Rulebook.objects.of(held.provider).shelf(), now=now)
    [entry] = [entry for entry in standing.tally.entries if entry.line.id == str(payment.pk)]
    back = [line.id for line in lines if line.undoes == entry.line.id]
    shown = payments_of(held, [entry.line.id, *back])
    context = credit_that_expires(held, lines, list(shown.values()), now=now)
    context |= {"payment": shown[entry.line.id], "entry": entry, "account": held, "is_editor": True, "correcting": ()}
    return render(request, "accounts/_payment_row.html", context)


@require_POST
@vary_on_headers("HX-Request")
def void_payment(request: PersonRequest, uid: UUID) -> HttpResponse:
    payment, now = find_payment(request, uid), timezone.now()
    actions.void_payment(payment, by=request.user, now=now)
    messages.success(
        request,
        _("The payment is void and counts for nothing. It can be restored in its row."),
        extra_tags=reverse("accounts:restore-payment", args=[uid]),
    )
    return changed(request, payment.account, now=now)


@require_POST
@vary_on_headers("HX-Request")
def restore_payment(request: PersonRequest, uid: UUID) -> HttpResponse:
    payment, now = find_payment(request, uid), timezone.now()
    try:
        actions.restore_payment(payment, by=request.user, now=now)
    except actions.PaymentRefused as refusal:
        _field, words = words_of(refusal)
        messages.error(request, words)
    else:
        messages.success(request, _("The payment is restored."))
    return changed(request, payment.account, now=now)
