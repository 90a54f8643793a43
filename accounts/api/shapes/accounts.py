"""Accounts: how one is opened and edited, and how it is told."""

from typing import Literal

from pydantic import Field

from accounts.api.shapes.parts import MOST_LINES, Asked, Said, Shape, Slug
from accounts.api.shapes.payments import NewPayment
from accounts.api.shapes.standings import AdviceCode
from accounts.api.values import Instant, Line, Money, Room, Uid


class AskedAccounts(Asked):
    provider: str = Field("", max_length=40, description="Only accounts at this provider, such as openai.")
    rulebook: str = Field("", max_length=80, description="Only accounts under this edition, such as openai/2025-05.")
    seen_tier: str = Field("", max_length=40, description="Only accounts for which the provider shows this tier.")
    archived: Literal["no", "yes", "all"] = Field("no", description="Accounts in the archive are left out.")


class NewAccount(Said):
    name: Line = Field(min_length=1, max_length=100)
    rulebook: Slug = Field(description="An edition, such as openai/2025-05.")
    seen_tier: Slug = Field(description="The tier that the provider shows now.")
    follows_provider: bool = Field(False, description="Whether new editions of the provider are taken over.")
    organization_ref: Line = Field("", max_length=100)
    payments: list[NewPayment] = Field(default_factory=list, max_length=MOST_LINES)


class EditedAccount(Said):
    """What is left out stays as it is."""

    name: Line = Field("", min_length=1, max_length=100)
    organization_ref: Line = Field("", max_length=100)
    goal_tier: Slug = ""
    goal_model: Slug = ""
    notes: str = Field("", max_length=5000)
    room_usd: Room | None = Field(None, description="How much more the provider lets you buy; null when unknown.")


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
    goal_tier: str | None
    goal_model: str | None
    notes: str
    room_usd: Money | None
    cap_reached_at: Instant | None
    confirmed: dict[str, Instant]
    archived_at: Instant | None
    created_at: Instant
    advice: Summary = Field(description="The advice of this moment.")
    next_change_at: Instant | None


class Accounts(Shape):
    items: list[Account]
    next: str | None
