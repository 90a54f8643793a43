"""Accounts: how one is opened and edited, and how it is told."""

from typing import Literal

from django.utils.translation import gettext_noop
from pydantic import ConfigDict, Field

from accounts import rules
from accounts.api.shapes.parts import MOST_LINES, Asked, Said, Shape, Slug
from accounts.api.shapes.payments import NewPayment
from accounts.api.shapes.standings import AdviceCode
from accounts.api.values import Instant, Line, Money, Room, Uid


class AskedAccounts(Asked):
    provider: str = Field(
        "", max_length=40, description=gettext_noop("Only accounts at this provider, such as openai.")
    )
    rulebook: str = Field(
        "", max_length=80, description=gettext_noop("Only accounts under this edition, such as openai/2025-05.")
    )
    seen_tier: str = Field(
        "", max_length=40, description=gettext_noop("Only accounts for which the provider shows this tier.")
    )
    archived: Literal["no", "yes", "all"] = Field(
        "no", description=gettext_noop("Accounts in the archive are left out.")
    )


class NewAccount(Said):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "staging", "rulebook": "openai/2025-05", "seen_tier": "tier-1"}]}
    )

    name: Line = Field(min_length=1, max_length=100)
    rulebook: Slug = Field(description=gettext_noop("An edition, such as openai/2025-05."))
    seen_tier: Slug = Field(description=gettext_noop("The tier that the provider shows now."))
    follows_provider: bool = Field(
        False, description=gettext_noop("Whether new editions of the provider are taken over.")
    )
    organization_ref: Line = Field("", max_length=100)
    payments: list[NewPayment] = Field(default_factory=list, max_length=MOST_LINES)


class Goal(Said):
    """What an account is to reach: a tier, a model (perhaps with so many requests or tokens a minute), or a spend."""

    tier: Slug = ""
    model: Slug = ""
    rpm: int | None = Field(None, ge=1, le=10**12, description=gettext_noop("Requests per minute of the model."))
    tpm: int | None = Field(None, ge=1, le=10**12, description=gettext_noop("Tokens per minute of the model."))
    spend_usd: Room | None = Field(None, description=gettext_noop("How much to spend in a month."))


class EditedAccount(Said):
    """What is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"goal": {"model": "o3-mini"}, "room_usd": "200.00"}]})

    name: Line = Field("", min_length=1, max_length=100)
    organization_ref: Line = Field("", max_length=100)
    goal: Goal | None = Field(None, description=gettext_noop("Another goal ends the plan that runs; null is none."))
    notes: str = Field("", max_length=5000)
    room_usd: Room | None = Field(
        None, description=gettext_noop("How much more the provider lets you buy; null when unknown.")
    )


class MovedAccount(Said):
    """Under which edition of its provider it goes on, and what the provider shows in the edition's own names."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rulebook": "openai/2024-12", "seen_tier": "tier-1"}]})

    rulebook: Slug = Field(description=gettext_noop("An edition of the same provider, such as openai/2025-05."))
    seen_tier: Slug = Field(description=gettext_noop("The tier that the provider shows now."))
    follows_provider: bool = Field(
        False, description=gettext_noop("Whether new editions of the provider are taken over.")
    )


class Confirmed(Said):
    """Something that tierdash cannot observe: a linked billing account, a verified organization, a contract."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"requirement": "billing_linked", "met": True}]})

    requirement: Literal[rules.REQUIREMENTS]  # type: ignore[valid-type]
    met: bool


class CapNote(Said):
    """Whether this calendar month's cap is used up."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reached": True}]})

    reached: bool


class Summary(Shape):
    """The advice without its date of `fund`, which moves with the moment: that stands in the standing."""

    code: AdviceCode
    tier: str
    amount_usd: Money | None
    reason: str | None
    since: Instant | None
    until: Instant | None


class Account(Shape):
    id: Uid
    name: str
    provider: str
    rulebook: str
    follows_provider: bool
    organization_ref: str
    seen_tier: str
    seen_at: Instant
    seen_rose_at: Instant | None
    fell_from: str | None
    fell_at: Instant | None
    goal: Goal | None
    notes: str
    room_usd: Money | None
    cap_reached_at: Instant | None
    confirmed: dict[str, Instant]
    archived_at: Instant | None
    created_at: Instant
    advice: Summary = Field(description=gettext_noop("The advice of this moment."))
    next_change_at: Instant | None


class Accounts(Shape):
    items: list[Account]
    next: str | None
