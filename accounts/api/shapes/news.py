"""What the provider showed, and what tierdash has told people."""

from pydantic import Field

from accounts.api.shapes.parts import Asked, Said, Shape, Slug
from accounts.api.values import Instant, Uid


class NewSighting(Said):
    tier: Slug
    seen_at: Instant | None = Field(None, description="Now when left out or null; never in the future.")


class Sighting(Shape):
    rulebook: str
    tier: str
    source: str
    change: str = Field(description="first, same, rose, fell or moved (to another edition).")
    seen_at: Instant
    recorded_at: Instant


class Sightings(Shape):
    items: list[Sighting]
    next: str | None


class AskedNotices(Asked):
    account: Uid | None = Field(None, description="Only notices of this account.")
    kind: str = Field("", max_length=40, description="Only notices of this kind, such as upgrade_ready.")
    status: str = Field("", max_length=20, description="Only notices with a delivery in this state, such as sent.")


class Delivery(Shape):
    id: Uid
    channel: str
    address: str
    status: str
    attempts: int
    next_at: Instant | None
    sent_at: Instant | None
    error: str
    created_at: Instant


class Notice(Shape):
    id: Uid
    account: Uid
    kind: str
    rulebook: str
    tier: str
    recipient: str
    created_at: Instant
    deliveries: list[Delivery]


class Notices(Shape):
    items: list[Notice]
    next: str | None
