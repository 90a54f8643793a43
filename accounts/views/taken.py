"""Samples of files to take away, in each state, for the style guide. Nothing is stored."""

from datetime import datetime, timedelta

from accounts.models import Export
from accounts.models.export import EXPORT_STATES


def files(*, now: datetime) -> list[Export]:
    """A file in each state, the latest first."""
    return [
        Export(
            form="json",
            state=state,
            file_name=f"Ann-{now:%Y-%m-%d}.json",
            rows=48_210,
            rows_done=31_000 if state == "running" else 0,
            size=21_430_000,
            created_at=now - timedelta(minutes=3 * number),
        )
        for number, state in enumerate(EXPORT_STATES, start=1)
    ]
