"""Read each part of a rulebook from its table: provider, source, span, tier, model, limit."""

from collections.abc import Iterable, Mapping

from accounts.rules.reading import SLUG, Table
from accounts.rules.rulebook import (
    ACCESSES,
    CONFIDENCES,
    NOT_PUBLISHED,
    NOT_SUPPORTED,
    REQUIREMENTS,
    Cap,
    Cell,
    Limit,
    ModelAccess,
    Provider,
    RollingCap,
    Source,
    Span,
    Tier,
    Way,
)


def read_provider(table: Table) -> Provider:
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


def read_source(table: Table) -> Source:
    source = Source(
        id=table.slug("id"),
        title=table.string("title"),
        url=_url(table, "url"),
        seen=table.string("seen"),
        confidence=table.choice("confidence", CONFIDENCES),
    )
    table.close()
    return source


def read_span(table: Table, name: str) -> Span | None:
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


def _rolling_cap(table: Table) -> RollingCap | None:
    if "rolling_cap" not in table:
        return None
    bound = table.table("rolling_cap")
    cap = RollingCap(usd=bound.money("usd"), minutes=bound.whole("minutes", least=1))
    bound.close()
    return cap


def _requires(table: Table, key: str = "requires") -> tuple[str, ...]:
    requires = table.strings(key)
    for requirement in requires:
        if requirement not in REQUIREMENTS:
            raise table.refuse(key, f"{requirement!r} must be one of {', '.join(REQUIREMENTS)}")
    return requires


def read_tier(table: Table) -> Tier:
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
        rolling_cap=_rolling_cap(table),
        most_purchase_usd=table.money("most_purchase_usd") if "most_purchase_usd" in table else None,
        requires=_requires(table),
        note=table.text("note"),
    )
    table.close()
    return tier


def _known(table: Table, key: str, value: str, known: Iterable[str], what: str) -> str:
    if value not in known:
        raise table.refuse(key, f"{value!r} is no {what} of this rulebook")
    return value


def read_model(table: Table, tier_ids: list[str], source_ids: list[str]) -> ModelAccess:
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
    if access != "expected" and expected:
        raise table.refuse("expected_tiers", "only an announced model has expected tiers")
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
    if model.opened_on and model.retired_on and model.retired_on <= model.opened_on:
        raise table.refuse("retired_on", "must be later than opened_on")
    table.close()
    return model


def read_limit(table: Table, tier_ids: list[str], model_ids: list[str], source_ids: list[str]) -> Limit:
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
        source=_known(table, "source", table.slug("source"), source_ids, "source") if "source" in table else "",
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
