"""Turn a document into a Rulebook, refusing whatever does not fit together."""

import itertools
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.rules.reading import SLUG, RulebookError, Table
from accounts.rules.rulebook import (
    ACCESSES,
    CONFIDENCES,
    NOT_PUBLISHED,
    NOT_SUPPORTED,
    REQUIREMENTS,
    UPGRADES,
    Cap,
    Cell,
    Limit,
    ModelAccess,
    Provider,
    Rulebook,
    Source,
    Span,
    Tier,
    Way,
)


def parse(text: str) -> Rulebook:
    """Build a rulebook from TOML. RulebookError names the line (broken TOML) or the path of the mistake."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RulebookError("", str(error)) from None
    return build(document)


def build(document: Mapping[str, Any]) -> Rulebook:
    """Build a rulebook from a document: the table that TOML or JSON gives. RulebookError names the path."""
    root = Table(document, "")
    if root.whole("schema") != 1:
        raise root.refuse("schema", "must be 1")
    tiers = tuple(_tier(table) for table in root.tables("tiers", needed=True))
    _check_ladder(tiers)
    tier_ids = [tier.id for tier in tiers]
    sources = tuple(_source(table) for table in root.tables("sources", needed=True))
    _check_unique("sources", [source.id for source in sources])
    models = tuple(_model(table, tier_ids, [s.id for s in sources]) for table in root.tables("models"))
    _check_unique("models", [model.id for model in models])
    limits = tuple(_limit(table, tier_ids, [m.id for m in models]) for table in root.tables("limits"))
    _check_unique("limits", [limit.id for limit in limits])
    provider = _provider(root.table("provider"))
    book_id = root.string("id")
    name, slash, edition = book_id.partition("/")
    if name != provider.id or not slash or not SLUG.match(edition):
        raise root.refuse("id", f"{book_id!r} must be the provider's id, a slash and the edition")
    started = _span(root, "started")
    if started is None:
        raise root.refuse("started_by", "is missing")
    constants = root.table("constants", needed=False)
    book = Rulebook(
        id=book_id,
        provider=provider,
        title=root.text("title"),
        kind=root.choice("kind", ("official", "article")),
        confidence=root.choice("confidence", CONFIDENCES),
        basis=root.text("basis"),
        started=started,
        ended=_span(root, "ended"),
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
        unknown=tuple(table.text("text") for table in root.tables("unknown")),
        notes=tuple(table.text("text") for table in root.tables("notes")),
        document=_as_json(document),
    )
    if not 0 < book.top_up_min_usd <= book.top_up_max_usd:
        raise constants.refuse("top_up_min_usd", "must be more than 0 and at most top_up_max_usd")
    constants.close()
    root.close()
    return book


def _check_unique(path: str, ids: list[str]) -> None:
    for number, this in enumerate(ids):
        if this in ids[:number]:
            raise RulebookError(f"{path}[{number}].id", f"{this!r} stands twice")


def _check_ladder(tiers: tuple[Tier, ...]) -> None:
    """Refuse a ladder whose order, ids or gates contradict each other."""
    if not tiers:
        raise RulebookError("tiers", "must name at least one tier")
    _check_unique("tiers", [tier.id for tier in tiers])
    for number, (lower, upper) in enumerate(itertools.pairwise(tiers), start=1):
        if upper.rank <= lower.rank:
            raise RulebookError(f"tiers[{number}].rank", "must rise from tier to tier")
        if lower.money_usd is not None and upper.money_usd is not None and upper.money_usd < lower.money_usd:
            raise RulebookError(f"tiers[{number}].money_usd", "must not be less than that of the tier below")
    gateless = [t for t in tiers if t.money_usd == 0 and t.wait_days == 0 and not t.requires]
    if len(gateless) > 1:
        raise RulebookError("tiers", f"{gateless[1].id!r} has neither a gate nor a requirement, nor has the one below")


def _provider(table: Table) -> Provider:
    provider = Provider(
        id=table.slug("id"),
        name=table.string("name"),
        scope=table.string("scope", "account"),
        billing_url=_url(table, "billing_url"),
        limits_url=_url(table, "limits_url"),
        support_url=_url(table, "support_url"),
    )
    table.close()
    return provider


def _url(table: Table, key: str) -> str:
    url = table.string(key, "-")
    if url != "-" and not url.startswith("https://"):
        raise table.refuse(key, "must begin with https://")
    return url.removeprefix("-")


def _source(table: Table) -> Source:
    source = Source(
        id=table.slug("id"),
        title=table.string("title"),
        url=_url(table, "url"),
        seen=table.string("seen"),
        confidence=table.choice("confidence", CONFIDENCES),
    )
    table.close()
    return source


def _span(table: Table, name: str) -> Span | None:
    """Read `<name>_on` (an exact day) or `<name>_by` with an optional `<name>_after` (a day between two)."""
    exact, by, after = table.day(f"{name}_on"), table.day(f"{name}_by"), table.day(f"{name}_after")
    if exact and (by or after):
        raise table.refuse(f"{name}_on", "is either exact or an interval, not both")
    if exact:
        return Span(by=exact)
    if by is None:
        if after is not None:
            raise table.refuse(f"{name}_by", "is missing beside the first day of the interval")
        return None
    if after is not None and after > by:
        raise table.refuse(f"{name}_after", "must not be later than the last day of the interval")
    return Span(by=by, after=after)


def _cap(table: Table) -> Cap:
    value = table.value("cap_usd")
    if value in ("none", "unknown"):
        return Cap(value)
    if isinstance(value, Mapping):
        bounds = table.table("cap_usd")
        low, high = bounds.money("from"), bounds.money("to")
        bounds.close()
        if low >= high:
            raise bounds.refuse("from", "must be less than `to`")
        return Cap("range", low, high)
    return Cap("amount", low_usd=table.money("cap_usd"))


def _requires(table: Table, key: str = "requires") -> tuple[str, ...]:
    requires = table.strings(key)
    for requirement in requires:
        if requirement not in REQUIREMENTS:
            raise table.refuse(key, f"{requirement!r} must be one of {', '.join(REQUIREMENTS)}")
    return requires


def _tier(table: Table) -> Tier:
    opaque = table.flag("opaque")
    if opaque and ("money_usd" in table or "wait_days" in table):
        raise table.refuse("opaque", "a tier with published gates is not opaque")
    tier = Tier(
        id=table.slug("id"),
        name=table.string("name"),
        rank=table.whole("rank", most=999),
        money_usd=None if opaque else table.money("money_usd"),
        wait_days=None if opaque else table.whole("wait_days", most=3650),
        cap=_cap(table),
        requires=_requires(table),
        note=table.text("note"),
    )
    table.close()
    return tier


def _known(table: Table, key: str, value: str, known: Iterable[str], what: str) -> str:
    if value not in known:
        raise table.refuse(key, f"{value!r} is no {what} of this rulebook")
    return value


def _model(table: Table, tier_ids: list[str], source_ids: list[str]) -> ModelAccess:
    access = table.choice("access", ACCESSES)
    ways = []
    if "from_tier" in table:
        tier = _known(table, "from_tier", table.slug("from_tier"), tier_ids, "tier")
        ways.append(Way(tier, _requires(table)))
    for other in table.tables("or"):
        ways.append(Way(_known(other, "tier", other.slug("tier"), tier_ids, "tier"), _requires(other)))
        other.close()
    expected = table.strings("expected_tiers")
    for tier_id in expected:
        _known(table, "expected_tiers", tier_id, tier_ids, "tier")
    if access == "open" and not ways:
        raise table.refuse("from_tier", "is missing: an open model opens from some tier")
    if access == "expected" and ways:
        raise table.refuse("from_tier", "an announced model has expected_tiers, it does not open yet")
    model = ModelAccess(
        id=table.slug("id"),
        name=table.string("name"),
        kind=table.choice("kind", ("text", "image", "video", "audio", "embedding", "other"), "text"),
        access=access,
        ways=tuple(ways),
        expected_tiers=expected,
        opened_on=table.day("opened_on"),
        retired_on=table.day("retired_on"),
        remark=table.text("remark"),
        source=_known(table, "source", table.slug("source"), source_ids, "source"),
    )
    if access == "retired" and model.retired_on is None:
        raise table.refuse("retired_on", "is missing")
    table.close()
    return model


def _limit(table: Table, tier_ids: list[str], model_ids: list[str]) -> Limit:
    models = table.strings("models")
    for model_id in models:
        _known(table, "models", model_id, model_ids, "model")
    rows = table.table("tiers")
    cells = {_known(rows, tier, tier, tier_ids, "tier"): _row(rows, tier) for tier in rows.names()}
    limit = Limit(
        id=table.slug("id"),
        name=table.string("name"),
        models=models,
        variant=table.slug("variant", "standard"),
        is_pool=table.flag("pool"),
        note=table.text("note"),
        cells=cells,
    )
    table.close()
    return limit


def _row(rows: Table, tier: str) -> dict[str, Cell]:
    """Read one tier's limits: a word for the whole row (kept under the empty metric) or metric = cell."""
    value = rows.value(tier)
    if value in (NOT_SUPPORTED, NOT_PUBLISHED):
        return {"": Cell(value)}
    row = rows.table(tier)
    return {metric: _cell(row, metric) for metric in row.names()}


def _cell(row: Table, metric: str) -> Cell:
    if not SLUG.match(metric.replace("_", "-")):
        raise row.refuse(metric, "is not a metric, such as rpm or tpm")
    value = row.value(metric)
    if value in (NOT_SUPPORTED, NOT_PUBLISHED):
        return Cell(value)
    if isinstance(value, Mapping):
        most = row.table(metric)
        cell = Cell("number", most.whole("up_to", least=1), is_most=True)
        most.close()
        return cell
    return Cell("number", row.whole(metric, least=1))


def _as_json(value: Any) -> Any:
    """Return a document as JSON can hold it: dates become their ISO text."""
    if isinstance(value, Mapping):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
