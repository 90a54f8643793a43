"""The JSON door: the same actions and querysets as the pages, for scripts. Plans have room beside `standings`."""

from accounts.api.assembly import api

__all__ = ["api"]
