"""Where it is in doubt whether a money gate is met: by tax that nobody knows, and by exchange rates that were typed."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from accounts.rules.ledger import CENT, ZERO, Line, Tally
from accounts.rules.rulebook import Rulebook, Tier

# How far a counted amount may be off: unknown tax is at most this share of gross (27 % VAT),
# and a typed exchange rate may differ this much from the provider's.
TAX_DOUBT = Decimal(27) / Decimal(127)
RATE_DOUBT = Decimal("0.03")
DOUBTS = ("tax_unknown_near_gate", "rate_near_gate")


@dataclass(frozen=True, slots=True)
class Doubt:
    """A gate that may be on the other side of the total. `code` is the hint of the standing.

    over_usd: how much the total is over the tier's gate; below 0 when it is short of it. off_usd: how much the total
    may be off, only downwards for tax, either way for a rate. lines: the payments it comes from, the greatest first.
    """

    code: str
    tier: Tier
    over_usd: Decimal
    off_usd: Decimal
    lines: tuple[Line, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "tier": self.tier.id,
            "over_usd": str(self.over_usd),
            "off_usd": str(self.off_usd),
            "payments": len(self.lines),
        }


def doubts(rulebook: Rulebook, held: Tally, seen: Tier) -> tuple[Doubt, ...]:
    """Return at most one doubt of each kind, about the gate above the seen tier that the total is nearest to.

    Unknown tax can only lower the total, so that a gate that is met may be open; a rate may do either.
    """
    above = [tier for tier in rulebook.tiers if tier.rank > seen.rank and tier.money_usd]
    found = (
        _doubt(DOUBTS[0], above, held, TAX_DOUBT, lambda line: line.tax is None, is_one_sided=True),
        _doubt(DOUBTS[1], above, held, RATE_DOUBT, lambda line: line.currency != "USD", is_one_sided=False),
    )
    return tuple(doubt for doubt in found if doubt is not None)


def _doubt(
    code: str, above: list[Tier], held: Tally, share: Decimal, is_vague: Callable[[Line], bool], *, is_one_sided: bool
) -> Doubt | None:
    vague = [entry for entry in held.entries if entry.reason == "counts" and is_vague(entry.line)]
    off = sum((entry.counted_usd for entry in vague), ZERO) * share
    margins = [(held.total_usd - tier.money_usd, tier) for tier in above if tier.money_usd is not None]
    near = [(over, tier) for over, tier in margins if (0 <= over < off if is_one_sided else abs(over) < off)]
    if not near:
        return None
    over, tier = min(near, key=lambda pair: (abs(pair[0]), -pair[1].rank))
    vague.sort(key=lambda entry: -entry.counted_usd)
    return Doubt(code, tier, over, off.quantize(CENT, ROUND_HALF_EVEN), tuple(entry.line for entry in vague))
