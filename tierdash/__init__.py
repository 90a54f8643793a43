"""Wiring only: settings, addresses, the clock, and the launcher. No word of the domain lives here."""

from tierdash.celery import app as celery_app

__all__ = ["celery_app"]
