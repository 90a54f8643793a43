"""Turn a document into a Rulebook, refusing whatever does not fit together."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.rules import parts
from accounts.rules.reading import SLUG, RulebookError, Table, Text, read_toml
from accounts.rules.rulebook import CONFIDENCES, UPGRADES, Limit, Rulebook, Tier


def parse(text: str) -> Rulebook:
    """Build a rulebook from TOML. RulebookError names the line (broken TOML) or the path of the mistake."""
    return build(read_toml(text))


def build(document: Mapping[str, Any]) -> Rulebook:
    """Build a rulebook from a document: the table that TOML or JSON gives. RulebookError names the path."""
    root = Table(document, "")
    if root.whole("schema") != 1:
        raise root.refuse("schema", "must be 1")
    tiers = tuple(parts.read_tier(table) for table in root.tables("tiers", needed=True))
    _check_ladder(tiers)
    tier_ids = [tier.id for tier in tiers]
    sources = tuple(parts.read_source(table) for table in root.tables("sources", needed=True))
    _check_unique("sources", [source.id for source in sources])
    models = tuple(parts.read_model(table, tier_ids, [s.id for s in sources]) for table in root.tables("models"))
    _check_unique("models", [model.id for model in models])
    model_ids, source_ids = [model.id for model in models], [source.id for source in sources]
    limits = tuple(parts.read_limit(table, tier_ids, model_ids, source_ids) for table in root.tables("limits"))
    _check_unique("limits", [limit.id for limit in limits])
    _check_one_limit_each(limits)
    provider = parts.read_provider(root.table("provider"))
    book_id = root.string("id")
    name, slash, edition = book_id.partition("/")
    if name != provider.id or not slash or not SLUG.match(edition):
        raise root.refuse("id", f"{book_id!r} must be the provider's id, a slash and the edition")
    started = parts.read_span(root, "started")
    if started is None:
        raise root.refuse("started_by", "is missing")
    constants = root.table("constants", needed=False)
    book = Rulebook(
        id=book_id,
        provider=provider,
        title=root.text("title", needed=True),
        kind=root.choice("kind", ("official", "article")),
        confidence=root.choice("confidence", CONFIDENCES),
        basis=root.text("basis"),
        started=started,
        ended=parts.read_span(root, "ended"),
        upgrades=root.choice("upgrades", UPGRADES),
        downgrades=root.choice("downgrades", ("never", "possible", "unknown"), "unknown"),
        counts_since=root.day("counts_since"),
        top_up_min_usd=constants.money("top_up_min_usd", Decimal("5.00")),
        top_up_max_usd=constants.money("top_up_max_usd", Decimal("10.00")),
        recheck_hours=constants.whole("recheck_hours", 48, least=1, most=24 * 365),
        settle_hours=constants.whole("settle_hours", 24, least=1, most=24 * 365),
        tiers=tiers,
        limits=limits,
        models=models,
        sources=sources,
        unknown=tuple(_words(table) for table in root.tables("unknown")),
        notes=tuple(_words(table) for table in root.tables("notes")),
        document=_as_json(document),
    )
    if book.ended is not None and book.ended.by <= book.started.by:
        raise root.refuse("ended_by", "must be later than the start")
    if not 0 < book.top_up_min_usd <= book.top_up_max_usd:
        raise constants.refuse("top_up_min_usd", "must be more than 0 and at most top_up_max_usd")
    constants.close()
    root.close()
    return book


def _words(table: Table) -> Text:
    words = table.text("text", needed=True)
    table.close()
    return words


def _check_unique(path: str, ids: list[str]) -> None:
    for number, this in enumerate(ids):
        if this in ids[:number]:
            raise RulebookError(f"{path}[{number}].id", f"{this!r} stands twice")


def _check_ladder(tiers: tuple[Tier, ...]) -> None:
    """Refuse a ladder whose order, ids or gates contradict each other."""
    if not tiers:
        raise RulebookError("tiers", "must name at least one tier")
    _check_unique("tiers", [tier.id for tier in tiers])
    rank, money = -1, Decimal(0)
    for number, tier in enumerate(tiers):
        if tier.rank <= rank:
            raise RulebookError(f"tiers[{number}].rank", "must rise from tier to tier")
        if tier.money_usd is not None and tier.money_usd < money:
            raise RulebookError(f"tiers[{number}].money_usd", "must not be less than that of the tiers below")
        rank, money = tier.rank, tier.money_usd if tier.money_usd is not None else money
    gateless = [t for t in tiers if t.money_usd == 0 and t.wait_days == 0 and not t.requires]
    if len(gateless) > 1:
        raise RulebookError("tiers", f"{gateless[1].id!r} has neither a gate nor a requirement, nor has the one below")


def _check_one_limit_each(limits: tuple[Limit, ...]) -> None:
    """Refuse a model whose limits of one variant stand in two groups."""
    taken: set[tuple[str, str]] = set()
    for number, limit in enumerate(limits):
        for model_id in limit.models:
            if (model_id, limit.variant) in taken:
                raise RulebookError(f"limits[{number}].models", f"{model_id!r} stands in another group already")
            taken.add((model_id, limit.variant))


def _as_json(value: Any) -> Any:
    """Return a document as JSON can hold it: dates become their ISO text."""
    if isinstance(value, Mapping):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
