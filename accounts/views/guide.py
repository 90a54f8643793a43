"""The guide: how tiers work and how to climb them, with every figure from a rulebook. Anybody may read it."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import rules
from accounts.models import Rulebook, Shelf
from accounts.templatetags.citations import Citations
from accounts.templatetags.handbook import CHAPTERS, phrases
from accounts.views import worked
from accounts.views.models import DEFAULT_EDITION
from accounts.views.rulebooks import before


@login_not_required
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """The whole guide with the figures of one edition; 404 for an edition that is not adopted."""
    shelf = Rulebook.objects.all().shelf()
    wish = request.GET.get("edition", "")
    if wish and wish not in shelf:
        raise Http404
    book = shelf.get(wish or DEFAULT_EDITION) or next(iter(shelf.values()), None)
    context = handbook(book, shelf) if book else {"rulebook": None}
    return render(request, "accounts/guide.html", context)


def handbook(book: rules.Rulebook, shelf: Shelf) -> dict[str, Any]:
    """Everything that the guide's templates take, for one edition."""
    today = timezone.now().date()
    current = shelf.in_force(book.provider.id, today)
    return {
        "rulebook": book,
        "current": current,
        "chapters": CHAPTERS,
        "choices": _choices(shelf),
        "cite": Citations(book, shelf),
        **phrases(book),
        **_article(book.provider.id, shelf),
        **_example(book, shelf),
    }


def _choices(shelf: Shelf) -> list[tuple[str, list[rules.Rulebook]]]:
    """Editions to choose from by provider, newest first."""
    groups: dict[str, list[rules.Rulebook]] = {}
    for book in reversed(shelf.values()):
        groups.setdefault(book.provider.name, []).append(book)
    return sorted(groups.items(), key=lambda group: group[0].lower())


def _article(provider: str, shelf: Shelf) -> dict[str, Any]:
    """The article about a provider, if there is one, and the provider's own rules of its time."""
    article = next((book for book in shelf.of(provider) if book.kind == "article"), None)
    then = before(article, shelf) if article else None
    return {"article": article, "then": then}


def _example(book: rules.Rulebook, shelf: Shelf) -> dict[str, Any]:
    """The climb to the tier of the featured model, paid in two ways."""
    tier = worked.goal(book)
    model = book.model(worked.FEATURED)
    known = (found for other in (book, *shelf.values()) if (found := other.model(worked.FEATURED)) is not None)
    return {
        "featured": model,
        "featured_name": next((found.name for found in known), ""),
        "goal": tier,
        "is_featured_goal": tier is not None and model is not None and tier.id in {way.tier for way in model.ways},
        "whole": worked.whole(book, tier) if tier else [],
        "held_back": worked.held_back(book, tier) if tier else [],
    }
