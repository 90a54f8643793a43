"""The stories of the demo: invented accounts with every advice code, several providers, payments of every kind."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from accounts import rules


@dataclass(frozen=True)
class Pay:
    """A payment, `days` before now; what it gave can be used for `lasts` days, if that was said."""

    days: float
    gross: str
    kind: str = "purchase"
    more: dict[str, Any] = field(default_factory=dict)
    lasts: int | None = None


@dataclass(frozen=True)
class See:
    """The provider showed a tier, `days` before now."""

    days: float
    tier: str


@dataclass(frozen=True)
class Adopt:
    """A plan was adopted, `days` before now; `kind` is one of the rules' PLAN_KINDS."""

    days: float
    wish: rules.Wish
    kind: str


@dataclass(frozen=True)
class Bring:
    """A table was imported, `days` before now; each of its rows is (days before now, amount, reference)."""

    days: float
    rows: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True)
class Attach:
    """A receipt of a kind of paperwork.MADE was attached to the story's payment of this number, `days` before now."""

    days: float
    payment: int
    kind: str
    name: str


@dataclass(frozen=True)
class Act:
    """Something that was done on the path to the tier that was due `days` before now: an action by its name."""

    days: float
    name: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Err:
    """An error that was pasted and kept with the account, `days` before now."""

    days: float
    text: str


Happening = Pay | See | Adopt | Bring | Attach | Act | Err


@dataclass(frozen=True)
class Story:
    """An account opened `days` before now, and what happened to it since."""

    name: str
    edition: str
    tier: str
    days: float
    steps: tuple[Happening, ...] = ()
    follows: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


OPENAI = "openai/2025-05"
YUAN = {"currency": "CNY", "rate": Decimal("0.1385")}
TOO_FAST = (
    "Rate limit reached for gpt-4o in organization org-Kq7dEu01 on tokens per min (TPM): Limit 450000, Used 449120, "
    "Requested 3120. Please try again in 298ms."
)
STORIES = (
    Story(
        "production-eu",
        OPENAI,
        "tier-1",
        45,
        (
            Pay(44, "25", more={"reference": "INV-20417", "tax": Decimal(0)}),
            Pay(35, "25", "auto_recharge", {"tax": Decimal(0)}),
            See(33, "tier-2"),
            Pay(20, "45", more={"reference": "INV-21190", "tax": Decimal(0)}),
            Attach(19.9, 0, "pdf", "Receipt-20417.pdf"),
            Attach(19.8, 2, "png", "Billing page, INV-21190.png"),
            Attach(19.8, 2, "eml", "Your API account has been funded.eml"),
            Err(1.2, TOO_FAST),
        ),
        facts={"organization_ref": "org-Kq7dEu01", "goal": {"model": "o3-mini"}},
    ),
    Story(
        "research",
        OPENAI,
        "tier-1",
        30,
        (
            Pay(29, "60", more={"tax": Decimal(0)}),
            Pay(3, "5", more={"reference": "INV-21544", "tax": Decimal(0)}),
            Attach(2.5, 1, "pdf", "Receipt-21544.pdf"),
            Act(0.3, "tick_step", {"step": "limits_checked"}),
        ),
        facts={"organization_ref": "org-Rs41Lab"},
    ),
    Story(
        "agency-shop-14",
        OPENAI,
        "tier-3",
        12,
        (Pay(9, "300", "invoice", {"tax": Decimal(0)}), Bring(8, ((11, "40", "INV-20988"), (10, "25", "INV-21002")))),
    ),
    Story(
        "voice-assistant",
        OPENAI,
        "free",
        4,
        (
            Adopt(3.2, rules.Wish(model="o3-mini"), "cheapest"),
            Pay(3, "5", more={"tax": Decimal(0)}),
            See(2.9, "tier-1"),
        ),
        facts={"organization_ref": "org-Vx83Say"},
    ),
    Story(
        "data-pipeline",
        OPENAI,
        "tier-1",
        16,
        (Pay(15, "20", more={"tax": Decimal(0)}), Adopt(5, rules.Wish(spend_usd=Decimal(800)), "all_at_once")),
    ),
    Story("staging", OPENAI, "tier-1", 15, (Pay(11, "50", more={"tax": Decimal(0)}), Pay(0.25, "5"))),
    Story("flagship", OPENAI, "tier-5", 90, (Pay(80, "1500"), Pay(40, "500", "auto_recharge"))),
    Story("new-team", OPENAI, "free", 1),
    Story(
        "just-risen",
        OPENAI,
        "tier-1",
        20,
        (
            Pay(19, "60"),
            Pay(6, "5"),
            Act(3.5, "tick_step", {"step": "limits_checked"}),
            Act(3.4, "tick_step", {"step": "support_asked", "ticket_ref": "#80317"}),
            Act(3.3, "snooze_escalation", {"until": 0.5}),
            See(0.2, "tier-2"),
        ),
    ),
    Story("mobile-app", OPENAI, "tier-3", 40, (Pay(39, "120"), See(2, "tier-1"))),
    Story(
        "shanghai-studio",
        OPENAI,
        "tier-1",
        35,
        (
            Pay(34, "200", more=YUAN | {"note": "首次充值"}),
            Pay(33, "100", "grant", {"note": "startup programme"}, lasts=60),
            Pay(30, "18", "promo", lasts=20),
            Pay(28, "25", more={"status": "failed"}),
            Pay(26, "150", "auto_recharge", YUAN),
            Pay(21, "40", "transfer"),
            Pay(15, "72.20", "refund", YUAN | {"undoes": 0}),
            Pay(9, "12", "chargeback"),
            Pay(1, "20", more={"status": "pending"}),
            Attach(0.9, 0, "png", "充值成功.png"),
        ),
    ),
    Story(
        "translation-eu",
        OPENAI,
        "tier-1",
        21,
        (
            Bring(20, ((345, "15", "INV-17702"), (338, "5", "INV-17951"))),
            Pay(1.2, "28.50", more={"currency": "EUR", "rate": Decimal("1.0615"), "tax": Decimal(0)}),
        ),
        facts={"organization_ref": "org-Tr20Eur"},
    ),
    Story(
        "launch-team",
        "openai/2026-10-06",
        "build",
        25,
        (Pay(24, "40"), Pay(6, "52"), Act(1, "snooze_escalation", {"until": -2})),
        follows=True,
    ),
    Story("gemini-batch", "google-gemini/2026", "tier-1", 8, (Pay(5, "40"),)),
    Story("claude-writing", "anthropic/2026-06-26", "start", 18, (Pay(17, "200"),)),
    Story("grok-lab", "xai/2026", "tier-1", 22, (Pay(21, "60", "invoice"), Pay(4, "45", "invoice"))),
)
# A relay, `days` before now: its facts, the balance that it showed, and for which account it stands in.
RELAYS: tuple[tuple[float, dict[str, Any], str, str], ...] = (
    (
        6,
        {
            "name": "Example relay",
            "base_url": "https://relay.example/v1",
            "model_ids": ("openai/o3-mini", "openai/gpt-4o", "openai/gpt-4-turbo"),
            "bridge_model": "o3-mini",
            "notes": "Trials only; no customer data.",
        },
        "12.40",
        "production-eu",
    ),
    (
        8,
        {
            "name": "Example gateway",
            "base_url": "http://gateway.internal:3000/v1",
            "model_ids": ("gpt-4o", "gpt-4-turbo"),
            "bridge_tier": "tier-4",
        },
        "60",
        "agency-shop-14",
    ),
)
