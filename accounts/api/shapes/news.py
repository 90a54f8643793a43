"""What the provider showed, and what tierdash has told people."""

from django.utils.translation import gettext_noop
from pydantic import ConfigDict, Field

from accounts.api.shapes.parts import Asked, Said, Shape, Slug
from accounts.api.values import Day, Instant, Uid


class NewSighting(Said):
    model_config = ConfigDict(json_schema_extra={"examples": [{"tier": "tier-2"}]})

    tier: Slug
    seen_at: Instant | None = Field(None, description=gettext_noop("Now when left out or null; never in the future."))


class Sighting(Shape):
    rulebook: str
    tier: str
    source: str
    change: str = Field(description=gettext_noop("first, same, rose, fell or moved (to another edition)."))
    seen_at: Instant
    recorded_at: Instant


class Sightings(Shape):
    items: list[Sighting]
    next: str | None


class AskedNotices(Asked):
    account: Uid | None = Field(None, description=gettext_noop("Only notices of this account."))
    kind: str = Field("", max_length=40, description=gettext_noop("Only notices of this kind, such as upgrade_ready."))
    status: str = Field(
        "", max_length=20, description=gettext_noop("Only notices with a delivery in this state, such as sent.")
    )


class Delivery(Shape):
    id: Uid
    channel: str = Field(description=gettext_noop("mail, webhook or chat."))
    address: str = Field(description=gettext_noop("An e-mail address, or the name and host of a channel."))
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
    expires_on: Day | None = Field(
        description=gettext_noop("Of a notice about credit, the first day on which it expires.")
    )
    recipient: str
    created_at: Instant
    deliveries: list[Delivery]


class Notices(Shape):
    items: list[Notice]
    next: str | None
