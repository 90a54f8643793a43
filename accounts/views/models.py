"""Models: which tier opens what, with which limits, and which of my accounts can use each model today."""

from collections import Counter
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import rules
from accounts.models import Account, Rulebook, Shelf
from accounts.templatetags.editions import MODEL_KINDS
from accounts.views.matrix import matrix, readers
from accounts.views.requests import PersonRequest

DEFAULT_EDITION = "openai/2025-05"
MOST_WORDS = 80


@require_safe
@vary_on_headers("HX-Request")
def models(request: PersonRequest) -> HttpResponse:
    """The whole page, or for htmx the matrix that a search or another edition gives."""
    shelf = Rulebook.objects.all().shelf()
    if not shelf:
        return render(request, "accounts/models.html", {"rulebook": None})
    context = _context(request, shelf)
    return render(request, "accounts/_matrix_section.html" if request.htmx else "accounts/models.html", context)


def _context(request: PersonRequest, shelf: Shelf) -> dict[str, Any]:
    now = timezone.now()
    accounts = list(Account.objects.visible_to(request.user).live())
    used = Counter(account.rulebook_id for account in accounts)
    book = _chosen(request.GET.get("rulebook", ""), shelf, used)
    mine = readers([account for account in accounts if account.rulebook_id == book.id], book, now=now)
    words, kind = request.GET.get("q", "").strip()[:MOST_WORDS], request.GET.get("kind", "")
    found = [
        model
        for model in book.models
        if words.lower() in f"{model.name} {model.id}".lower() and kind in ("", model.kind)
    ]
    today = now.date()
    return {
        "rulebook": book,
        "rows": matrix(book, found, on=today, mine=mine),
        "has_mine": bool(mine),
        "elsewhere": [(shelf[book_id], count) for book_id, count in used.most_common() if book_id != book.id],
        "words": words,
        "kind": kind,
        "kinds": MODEL_KINDS,
        "is_filtered": bool(words or kind),
        "current": shelf.in_force(book.provider.id, today),
        "choices": _choices(shelf, used),
    }


def _chosen(wish: str, shelf: Shelf, used: Counter[str]) -> rules.Rulebook:
    """The edition asked for; else the one that most of my accounts are on; else the default. 404 for an unknown one."""
    if wish:
        if wish not in shelf:
            raise Http404
        return shelf[wish]
    most = used.most_common(1)
    return shelf[most[0][0]] if most else shelf.get(DEFAULT_EDITION) or next(iter(shelf.values()))


def _choices(shelf: Shelf, used: Counter[str]) -> list[tuple[str, list[tuple[rules.Rulebook, int]]]]:
    """Editions to choose from, newest first, by provider, with how many of my accounts are on each."""
    groups: dict[str, list[tuple[rules.Rulebook, int]]] = {}
    for book in reversed(shelf.values()):
        groups.setdefault(book.provider.name, []).append((book, used[book.id]))
    return sorted(groups.items(), key=lambda group: group[0].lower())
