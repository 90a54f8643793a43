"""What a person says of themselves."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.actions.workspaces import hold_administrators, open_home
from accounts.models import User


class AlreadyHere(ValueError):
    """Somebody here has this address."""


@transaction.atomic
def let_in(
    email: str, *, name: str = "", language: str, time_zone: str, is_administrator: bool = False, now: datetime
) -> User:
    """Store a person without a password, with a workspace of their own. AlreadyHere when the address is taken.

    `time_zone` is an IANA name. The very first person becomes an administrator anyway.
    """
    hold_administrators()  # so that two at once are one after the other
    if User.objects.filter(email=email.strip().lower()).exists():
        raise AlreadyHere(email)
    user = User.objects.create_user(email, None, name=name, language=language, time_zone=time_zone, joined_at=now)
    if is_administrator:
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
    open_home(user, now=now)
    return user


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
