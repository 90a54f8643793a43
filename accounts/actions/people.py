"""What a person says of themselves."""

from collections.abc import Sequence
from datetime import datetime

from accounts.models import User


def change_profile(
    user: User,
    *,
    now: datetime,
    name: str | None = None,
    language: str | None = None,
    time_zone: str | None = None,
    theme: str | None = None,
    muted_kinds: Sequence[str] | None = None,
) -> User:
    """Store what a person says of themselves; None leaves a fact as it is.

    `time_zone` is an IANA name, `theme` one of THEMES.
    """
    said = {
        "name": name,
        "language": language,
        "time_zone": time_zone,
        "theme": theme,
        "muted_kinds": list(muted_kinds) if muted_kinds is not None else None,
    }
    changed = [fact for fact, value in said.items() if value is not None]
    for fact in changed:
        setattr(user, fact, said[fact])
    if changed:
        user.save(update_fields=changed)
    return user
