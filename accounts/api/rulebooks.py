"""Rulebooks: every adopted edition, with its tiers, models and limits."""

from datetime import date
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import get_language, gettext_noop
from ninja import Query, Router

from accounts import rules
from accounts.api import shapes
from accounts.api.bearer import MAY_READ, TokenRequest
from accounts.api.cursors import Order, cut
from accounts.models import Rulebook, Shelf

router = Router(tags=[gettext_noop("Rulebooks")])
ORDER = Order("rulebooks", "provider", is_descending=False, read_first=str)


@router.get("/rulebooks", auth=MAY_READ, response=shapes.Rulebooks, summary=gettext_noop("List the editions"))
def list_rulebooks(request: TokenRequest, asked: Query[shapes.AskedRulebooks]) -> shapes.Rulebooks:
    editions = Rulebook.objects.all()
    part, following = cut(editions.filter(provider=asked.provider) if asked.provider else editions, ORDER, asked)
    shelf, today = editions.shelf(), timezone.now().date()
    return shapes.Rulebooks(
        items=[shapes.Edition(**_edition(shelf[row.pk], shelf, today)) for row in part], next=following
    )


@router.get(
    "/rulebooks/{slug:provider}/{edition}",
    auth=MAY_READ,
    response=shapes.Rulebook,
    summary=gettext_noop("Read an edition with its tiers, models and limits"),
)
def read_rulebook(request: TokenRequest, provider: str, edition: str) -> shapes.Rulebook:
    shelf = Rulebook.objects.of(provider).shelf()
    book = shelf.get(f"{provider}/{edition}")
    if book is None:
        raise Http404
    return shapes.Rulebook(
        **_edition(book, shelf, timezone.now().date()),
        basis=_text(book.basis),
        tiers=[_tier(tier) for tier in book.tiers],
        models=[_model(model) for model in book.models],
        limits=[_limit(limit, book) for limit in book.limits],
        sources=[shapes.Source.model_validate(source) for source in book.sources],
        **{name: getattr(book, name) for name in ("upgrades", "top_up_min_usd", "top_up_max_usd")},
        **{name: getattr(book, name) for name in ("recheck_hours", "settle_hours")},
    )


def _edition(book: rules.Rulebook, shelf: Shelf, today: date) -> dict[str, Any]:
    return {
        "id": book.id,
        "provider": shapes.Provider(id=book.provider.id, name=book.provider.name),
        "edition": book.edition,
        "kind": book.kind,
        "title": _text(book.title),
        "confidence": book.confidence,
        "started_after": book.started.after,
        "started_by": book.started.by,
        "ended_after": book.ended.after if book.ended else None,
        "ended_by": book.ended.by if book.ended else None,
        "in_force": shelf.in_force(book.provider.id, today) is book,
    }


def _text(text: rules.Text) -> str:
    return text.in_language(get_language() or "en")


def _tier(tier: rules.Tier) -> shapes.Tier:
    names = ("id", "name", "rank", "money_usd", "wait_days", "most_purchase_usd")
    rolling = tier.rolling_cap
    return shapes.Tier(
        **{name: getattr(tier, name) for name in names},
        cap=shapes.Cap.model_validate(tier.cap),
        rolling_cap=shapes.RollingCap.model_validate(rolling) if rolling else None,
        requires=list(tier.requires),
        note=_text(tier.note),
    )


def _model(model: rules.ModelAccess) -> shapes.Model:
    names = ("id", "name", "kind", "access", "opened_on", "retired_on", "source")
    return shapes.Model(
        **{name: getattr(model, name) for name in names},
        ways=[shapes.Way(tier=way.tier, requires=list(way.requires)) for way in model.ways],
        expected_tiers=list(model.expected_tiers),
        remark=_text(model.remark),
    )


def _limit(limit: rules.Limit, book: rules.Rulebook) -> shapes.Limit:
    return shapes.Limit(
        id=limit.id,
        name=limit.name,
        variant=limit.variant,
        pool=limit.is_pool,
        models=list(limit.models),
        tiers={
            tier.id: {metric: _cell(limit.cell(tier.id, metric)) for metric in limit.metrics} for tier in book.tiers
        },
        note=_text(limit.note),
        source=limit.source or None,
    )


def _cell(cell: rules.Cell) -> shapes.Cell:
    return shapes.Cell(state=cell.state, value=cell.value, up_to=cell.is_most)
