"""Capacity: "I need 1,500,000 TPM on gpt-4o": which of my accounts give it, alone or together; which tier would."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import rules
from accounts.forms.capacity import CapacityForm, model_called, plain
from accounts.models import Account, Rulebook, Shelf
from accounts.views.board import Row, rows_of
from accounts.views.requests import PersonRequest

MOST_ROWS = 50
MOST_SIMILAR = 6


@dataclass(frozen=True, slots=True)
class Given:
    """What an account gives, beside its row with the standing of this moment; whether it is of the combination."""

    part: rules.Part
    row: Row
    is_needed: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """What one provider's accounts give; the first rows of it."""

    supply: rules.Supply
    givens: list[Given]

    @property
    def left_out(self) -> int:
        return len(self.supply.parts) - len(self.givens)


@require_safe
@vary_on_headers("HX-Request")
def capacity(request: PersonRequest) -> HttpResponse:
    """The whole page, or for htmx the answer; with it the form when something in it is wrong, or was."""
    now, shelf = timezone.now(), Rulebook.objects.all().shelf()
    accounts = list(Account.objects.visible_to(request.user).live().with_standing())
    books = _mine_first(accounts, shelf)
    form = CapacityForm(request.GET if request.GET else None, shelf=shelf)
    context: dict[str, Any] = {"form": form, "models": _suggested(books), "has_accounts": bool(accounts)}
    if form.is_bound and form.is_valid():
        context |= answer_to(form, rows_of(accounts, shelf, now=now), books, now=now)
    status = 422 if form.errors else 200
    if not request.htmx:
        return render(request, "accounts/capacity.html", context, status=status)
    parts = [render_to_string("accounts/_capacity_answer.html", context, request)]
    if form.errors or "mended" in request.GET:
        parts.append(render_to_string("accounts/_capacity_form.html", context | {"oob": True}, request))
    return HttpResponse("\n".join(parts), status=status)


def answer_to(
    form: CapacityForm, rows: Sequence[Row], books: Sequence[rules.Rulebook], *, now: datetime
) -> dict[str, Any]:
    """What `_capacity_answer.html` shows of a form that is valid. books: where the model is looked up, in order."""
    words = form.cleaned_data["model"]
    model = model_called(words, books)
    demand = form.demand(model.id if model else plain(words))
    return {
        "demand": demand,
        "model_name": model.name if model else words,
        "answers": _answers(rows, demand, now=now),
        "named_by": [book for book in books if book.model(demand.model_id) is not None],
        "similar": [] if model else _similar(words, books),
    }


def _answers(rows: Sequence[Row], demand: rules.Demand, *, now: datetime) -> list[Answered]:
    by_id = {str(row.account.id): row for row in rows}
    holders = [_holder(row, now) for row in rows if row.rulebook.has_tier(row.account.seen_tier)]
    return [
        Answered(
            supply, [Given(part, by_id[part.holder.id], part in supply.together) for part in supply.parts[:MOST_ROWS]]
        )
        for supply in rules.capacity(holders, demand, now.date())
    ]


def _holder(row: Row, now: datetime) -> rules.Holder:
    account = row.account
    confirmed = frozenset(need for need, since in account.confirmed_at.items() if since <= now)
    return rules.Holder(
        str(account.id), account.name, row.rulebook, account.seen_tier, confirmed, account.organization_ref
    )


def _mine_first(accounts: Sequence[Account], shelf: Shelf) -> list[rules.Rulebook]:
    """The editions of my accounts, then every other one, newest first."""
    mine = {account.rulebook_id: shelf[account.rulebook_id] for account in accounts}
    return [*mine.values(), *(book for book in reversed(shelf.values()) if book.id not in mine)]


def _suggested(books: Sequence[rules.Rulebook]) -> list[rules.ModelAccess]:
    """Every model once, those of my accounts' editions first."""
    return list({model.id: model for book in reversed(books) for model in reversed(book.models)}.values())[::-1]


def _similar(words: str, books: Sequence[rules.Rulebook]) -> list[rules.ModelAccess]:
    head = plain(words).partition("-")[0]
    return [model for model in _suggested(books) if plain(model.id).startswith(head)][:MOST_SIMILAR]
