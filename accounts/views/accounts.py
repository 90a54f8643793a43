"""Open, edit, move and archive accounts, and note what only people can know."""

import uuid
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions, rules
from accounts.forms.accounts import MOST_LINES, ChoosesEdition, EditAccountForm, FirstLines, OpenAccountForm
from accounts.models import Account, Rulebook
from accounts.views.requests import PersonRequest, find_account, find_workspace, zone_of


@require_http_methods(["GET", "HEAD", "POST"])
def open_account(request: PersonRequest) -> HttpResponse:
    """One form for the account and its first payments. `more` adds a row, `look` shows the chosen edition's tiers."""
    workspace, now = find_workspace(request, to_change=True), timezone.now()
    shelf = Rulebook.objects.all().shelf()
    lines_for: dict[str, Any] = {"form_kwargs": {"zone": zone_of(request), "now": now}, "prefix": "lines"}
    if request.method != "POST":
        form, lines = OpenAccountForm(shelf=shelf, now=now), FirstLines(**lines_for)
        return _open_form(request, form, lines)
    if "look" in request.POST or "more" in request.POST:
        return _open_form(request, *_kept(request, shelf, now, lines_for))
    form = OpenAccountForm(request.POST, shelf=shelf, now=now)
    lines = FirstLines(request.POST, **lines_for)
    if not (form.is_valid() & lines.is_valid()):
        return _open_form(request, form, lines, status=422)
    filled = [line for line in lines if line.has_changed()]
    try:
        opened = actions.open_account(
            workspace,
            facts=form.facts(),
            rulebook=Rulebook.objects.get(pk=form.rulebook_id),
            seen_tier=form.cleaned_data["seen_tier"],
            payments=[line.facts() for line in filled],
            follows_provider=form.follows_provider,
            form_key=form.cleaned_data["form_key"] or uuid.uuid4(),
            by=request.user,
            now=now,
        )
    except actions.AccountRefused as refusal:
        form.refuse(refusal)
        return _open_form(request, form, lines, status=422)
    messages.success(request, _("%(name)s is on the board.") % {"name": opened.name})
    return redirect("accounts:account", opened.pk)


def _kept(request: PersonRequest, shelf: Any, now: datetime, lines_for: dict[str, Any]) -> tuple[Any, Any]:
    """The forms with what was typed so far, without complaints, and one row more if that was asked."""
    typed = request.POST.dict()
    form = OpenAccountForm(shelf=shelf, now=now, initial=typed)
    book = form.chosen
    if book is not None and not book.has_tier(typed.get("seen_tier", "")):
        form.initial["seen_tier"] = book.lowest.id
    shown = _whole(typed.get("lines-TOTAL_FORMS", ""))
    count = min(shown + ("more" in request.POST), MOST_LINES)
    rows = [{name: typed.get(f"lines-{i}-{name}", "") for name in ("gross", "day", "kind")} for i in range(count)]
    lines = FirstLines(initial=rows, **lines_for)
    lines.extra = count
    return form, lines


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _open_form(request: PersonRequest, form: Any, lines: Any, *, status: int = 200) -> HttpResponse:
    template = "accounts/_open_form.html" if request.htmx else "accounts/open.html"
    return render(request, template, {"form": form, "lines": lines, "book": form.chosen}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_account(request: PersonRequest, account_id: UUID) -> HttpResponse:
    held, now = find_account(request, account_id, to_change=True), timezone.now()
    book = Rulebook.objects.get(pk=held.rulebook_id).rules
    initial = {name: getattr(held, name) for name in actions.AccountFacts.__dataclass_fields__}
    form = EditAccountForm(request.POST if request.method == "POST" else None, book=book, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_account(held, facts=form.facts(), by=request.user, now=now)
        except actions.AccountRefused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:account", held.pk)
    context = {"account": held, "form": form, "rulebook": book}
    return render(request, "accounts/edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def move_account(request: PersonRequest, account_id: UUID) -> HttpResponse:
    """Move an account to another edition of its provider in one step."""
    held, now = find_account(request, account_id, to_change=True), timezone.now()
    shelf = Rulebook.objects.of(held.provider).shelf()
    initial = {
        "edition": f"follow:{held.provider}" if held.follows_provider else held.rulebook_id,
        "seen_tier": held.seen_tier,
    }
    is_asked = request.method == "POST" and "look" not in request.POST
    if request.method == "POST" and not is_asked:
        initial |= {name: request.POST.get(name, "") for name in ("edition", "seen_tier")}
    form = ChoosesEdition(
        request.POST if is_asked else None, shelf=shelf, now=now, provider=held.provider, initial=initial
    )
    if is_asked and form.is_valid():
        actions.move_account(
            held,
            rulebook=Rulebook.objects.get(pk=form.rulebook_id),
            seen_tier=form.cleaned_data["seen_tier"],
            follows_provider=form.follows_provider,
            by=request.user,
            now=now,
        )
        messages.success(request, _("The account now goes by %(edition)s.") % {"edition": form.rulebook_id})
        return redirect("accounts:account", held.pk)
    template = "accounts/_move_form.html" if request.htmx else "accounts/move.html"
    context = {"account": held, "form": form, "book": form.chosen}
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
def archive_account(request: PersonRequest, account_id: UUID) -> HttpResponse:
    held = find_account(request, account_id, to_change=True, in_archive=True)
    actions.archive_account(held, by=request.user, now=timezone.now())
    messages.success(request, _("%(name)s is in the archive; its timers have stopped.") % {"name": held.name})
    return redirect("accounts:account", held.pk)


@require_POST
def restore_account(request: PersonRequest, account_id: UUID) -> HttpResponse:
    held = find_account(request, account_id, to_change=True, in_archive=True)
    try:
        actions.restore_account(held, by=request.user, now=timezone.now())
    except actions.AccountRefused:
        messages.error(request, _("Another account has this name by now; rename that one first."))
    else:
        messages.success(request, _("%(name)s is back on the board.") % {"name": held.name})
    return redirect("accounts:account", held.pk)


@require_safe
def archive(request: PersonRequest) -> HttpResponse:
    """The accounts that were put away."""
    put_away = Account.objects.visible_to(request.user).filter(archived_at__isnull=False)
    return render(request, "accounts/archive.html", {"accounts": put_away.order_by("-archived_at", "id")[:200]})


@require_POST
def confirm_requirement(request: PersonRequest, account_id: UUID) -> HttpResponse:
    """Say that something tierdash cannot observe is met, or is not after all."""
    held = find_account(request, account_id, to_change=True)
    requirement = request.POST.get("requirement", "")
    if requirement not in rules.REQUIREMENTS:
        raise BadRequest("There is no such requirement.")
    is_met = request.POST.get("is_met") != "no"
    actions.confirm_requirement(held, requirement=requirement, is_met=is_met, by=request.user, now=timezone.now())
    return redirect("accounts:account", held.pk)


@require_POST
def note_cap(request: PersonRequest, account_id: UUID) -> HttpResponse:
    """Say that this month's cap is used up, or is not after all."""
    held = find_account(request, account_id, to_change=True)
    is_reached = request.POST.get("is_reached") != "no"
    actions.note_cap_reached(held, is_reached=is_reached, by=request.user, now=timezone.now())
    return redirect("accounts:account", held.pk)
