"""Every edition of every provider's rules: figures, dates, sources, and the difference from the one before."""

from datetime import date

from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import rules
from accounts.models import Account, Rulebook, Shelf
from accounts.views.matrix import matrix
from accounts.views.requests import PersonRequest


@require_safe
def rulebooks(request: PersonRequest) -> HttpResponse:
    """Provider by provider, newest edition first."""
    today = timezone.now().date()
    shelf = Rulebook.objects.all().shelf()
    followed = dict(
        Account.objects.visible_to(request.user).live().order_by().values_list("rulebook_id").annotate(Count("id"))
    )
    providers = []
    for provider_id in dict.fromkeys(book.provider.id for book in shelf.values()):
        books = shelf.of(provider_id)[::-1]
        providers.append(
            {
                "provider": books[0].provider,
                "current": shelf.in_force(provider_id, today),
                "editions": [{"rulebook": book, "accounts": followed.get(book.id, 0)} for book in books],
            }
        )
    return render(request, "accounts/rulebooks.html", {"providers": providers})


@require_safe
def rulebook(request: PersonRequest, provider: str, edition: str) -> HttpResponse:
    """One edition; 404 when it is not adopted."""
    today = timezone.now().date()
    shelf = Rulebook.objects.of(provider).shelf()
    book = shelf.get(f"{provider}/{edition}")
    if book is None:
        raise Http404
    return render(
        request,
        "accounts/rulebook.html",
        {
            "rulebook": book,
            "before": before(book, shelf),
            "others": [other for other in shelf.values() if other is not book][::-1],
            "current": shelf.in_force(provider, today),
            "matrix": matrix(book, book.models, on=today),
            "has_requirements": any(tier.requires for tier in book.tiers),
        },
    )


def before(book: rules.Rulebook, shelf: Shelf) -> rules.Rulebook | None:
    """Return the edition that this one is compared with: the provider's own rules that held until it began."""

    def start(other: rules.Rulebook) -> date:
        return other.started.by

    earlier = [
        other
        for other in shelf.of(book.provider.id)
        if other is not book and other.kind == "official" and start(other) <= start(book)
    ]
    return max(earlier, key=start, default=None)
