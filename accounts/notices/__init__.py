"""The post room: notices as rows first, then as mail."""

from accounts.notices.outbox import Wanted, raise_notices

__all__ = ["Wanted", "raise_notices"]
