"""The error doctor: paste an error or headers, learn which gate blocks, and keep the result with an account.

What is pasted may hold secrets. It comes by POST only, is scrubbed before anything looks at it, and is neither stored
nor logged; error reports leave out every variable from here on down.
"""

import uuid
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts import actions, rules
from accounts.forms.doctor import DoctorForm
from accounts.models import Account, Payment, Rulebook
from accounts.templatetags.cases import Case
from accounts.views.requests import PersonRequest, find_account
from accounts.views.specimens import SPECIMENS

SALT = "accounts.diagnosis"
GOOD_FOR_SECONDS = 3600
# What htmx is answered: what the text says, and the text itself without its secrets.
PARTS = ("diagnosis", "doctor_text")


@sensitive_variables()
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def doctor(request: PersonRequest) -> HttpResponse:
    """The page; after a POST with what the pasted text says, for htmx that part alone."""
    now, is_asked = timezone.now(), request.method == "POST"
    said = request.POST if is_asked else request.GET
    held = _account(request, said.get("account", ""))
    pasted = said.get("text", "") if is_asked else SPECIMENS.get(said.get("example", ""), ("", ""))[1]
    text, is_cut = _scrubbed(pasted)
    form = DoctorForm(
        {"text": text, "account": held.pk if held else ""} if is_asked or text else None,
        accounts=Account.objects.visible_to(request.user).live(),
        is_cut=is_cut,
        initial={"account": held.pk if held else ""},
    )
    context: dict[str, Any] = {"form": form, "specimens": SPECIMENS, "account": held}
    if form.is_bound and form.is_valid():
        context |= _answer(request, form.cleaned_data["text"], held, now=now)
    status = 422 if form.errors else 200
    if not request.htmx:
        return render(request, "accounts/doctor.html", context, status=status)
    parts = [render_to_string(f"accounts/_{name}.html", context | {"oob": True}, request) for name in PARTS]
    return HttpResponse("\n".join(parts), status=status)


def _account(request: PersonRequest, account_id: str) -> Account | None:
    """The account that is asked about; a foreign one, or one in the archive, is a 404."""
    if not account_id:
        return None
    try:
        held = find_account(request, UUID(account_id))
    except ValueError:
        raise Http404 from None
    if held.is_archived:
        raise Http404
    return held


def _scrubbed(text: str) -> tuple[str, bool]:
    """What was pasted, without its secrets; whether it was more than is read, so that only its beginning is left."""
    text = text.replace("\r\n", "\n")
    if len(text) <= rules.MOST_PASTED:
        return rules.scrub(text), False
    # Between words, so that no key is cut in two and its half taken for a word.
    head = text[: rules.MOST_PASTED]
    return rules.scrub(head[: max(head.rfind(" "), head.rfind("\n"), 0)]), True


def _answer(request: PersonRequest, text: str, held: Account | None, *, now: datetime) -> dict[str, Any]:
    """What the text says, of the account if one is chosen, and what may be kept of it."""
    shelf = Rulebook.objects.all().shelf()
    book = shelf[held.rulebook_id] if held else None
    diagnosis = rules.diagnose(
        text,
        at=now,
        editions=list(shelf.values()),
        edition=book,
        tier=held.seen_tier if held else "",
        organization=held.organization_ref if held else "",
    )
    standing = None
    if held and not diagnosis.doubts:
        lines = [payment.as_line() for payment in Payment.objects.filter(account=held).in_entry_order()]
        standing = actions.assess(held, lines, shelf, now=now).as_json()
    case = Case(diagnosis, held, book, standing, shelf)
    may_keep = held and not diagnosis.doubts and Account.objects.editable_by(request.user).filter(pk=held.pk).exists()
    return {"case": case, "token": _token(request, held, diagnosis, now=now) if held and may_keep else ""}


def _token(request: PersonRequest, held: Account, diagnosis: rules.Diagnosis, *, now: datetime) -> str:
    """The result on its way to the account: signed, for this person and this account, without the text."""
    facts = {
        "facts": diagnosis.as_facts(),
        "at": rules.as_text(now),
        "key": uuid.uuid4().hex,
        "account": str(held.pk),
        "by": request.user.pk,
    }
    return signing.dumps(facts, salt=SALT, compress=True)


@require_POST
def attach_diagnosis(request: PersonRequest, account_id: UUID) -> HttpResponse:
    """Keep a diagnosis with its account, and record with it what it offers."""
    held, now = find_account(request, account_id, to_change=True), timezone.now()
    kept = _kept(request, held)
    if kept is None:
        messages.error(
            request, _("This result can no longer be kept: it is older than an hour. Paste the error again.")
        )
        return redirect("accounts:doctor")
    facts, also = kept["facts"], request.POST.get("also", "")
    try:
        actions.attach_diagnosis(
            held,
            facts=facts,
            key=kept["key"],
            at=rules.from_text(kept["at"]),
            sees_tier=also == "tier" and bool(facts["tier"]),
            notes_cap=also == "cap" and facts["gate"] == "cap",
            by=request.user,
            now=now,
        )
    except (actions.NoSuchTier, actions.AccountRefused):
        messages.error(request, _("The account has changed since; nothing was kept."))
    else:
        messages.success(request, _("Kept in the history of this account."))
    return redirect("accounts:account", held.pk)


def _kept(request: PersonRequest, held: Account) -> dict[str, Any] | None:
    """The signed result, if it is whole, recent, and for this person and this account."""
    try:
        kept: dict[str, Any] = signing.loads(request.POST.get("diagnosis", ""), salt=SALT, max_age=GOOD_FOR_SECONDS)
    except signing.BadSignature:
        return None
    return kept if (kept["account"], kept["by"]) == (str(held.pk), request.user.pk) else None
