"""The clock: the Celery app, its settings with their reasons, and everything that runs by itself.

PostgreSQL holds every fact; a message only says "wake up". Any message may be lost, doubled or late without harm.
"""

import os
from typing import Any

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tierdash.settings")

from django.conf import settings


def broker_options(url: str) -> dict[str, Any]:
    """Return the transport options that suit the broker behind url."""
    if url.startswith("pgmq"):
        # The queue lives in our own PostgreSQL; the launcher installs its tables once (init_extension stays off).
        return {
            "conn_string": pgmq_dsn(),
            "init_extension": False,
            "visibility_timeout": 900,
            "polling_interval": 0.05,
            "wait_time_seconds": 1,
            "pool_size": 4,
            "pool_timeout": 5,
        }
    if url.startswith(("redis", "rediss")):
        return {
            "visibility_timeout": 900,
            "socket_timeout": 10,
            "socket_connect_timeout": 3,
            "socket_keepalive": True,
            "health_check_interval": 15,
            "retry_on_timeout": True,
        }
    return {"confirm_publish": True, "max_retries": 2, "interval_start": 0, "interval_max": 0.5}


def pgmq_dsn() -> str:
    """Return the database's address as a libpq keyword string, which the PGMQ transport wants."""
    from psycopg.conninfo import make_conninfo
    from psycopg.pq import Conninfo

    database = settings.DATABASES["default"]
    # Django's OPTIONS hold libpq's (sslmode, connect_timeout, ...) among its own.
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    parts = {name: value for name, value in database["OPTIONS"].items() if name in known} | {
        "dbname": database["NAME"],
        "user": database["USER"],
        "password": database["PASSWORD"],
        "host": database["HOST"],
        "port": database["PORT"],
        "application_name": "broker",
    }
    return make_conninfo(**{name: value for name, value in parts.items() if value})


def configuration() -> dict[str, Any]:
    """Return Celery's settings; read at first use, so that the launcher can import this package without any."""
    return {
        "broker_url": settings.CELERY_BROKER_URL,
        "broker_transport_options": broker_options(settings.CELERY_BROKER_URL),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # the default of 100 makes a worker give up for good
        "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2},
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "result_backend": None,
        "task_acks_late": True,  # safe only because every task is an idempotent sweep
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "task_soft_time_limit": 240,
        "task_time_limit": 300,  # below a half of the visibility timeout, or running tasks are cloned
        "worker_soft_shutdown_timeout": 30,
        "worker_enable_soft_shutdown_on_idle": True,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_max_tasks_per_child": 500,
        "worker_max_memory_per_child": 300_000,
        "worker_send_task_events": False,
        "worker_enable_remote_control": False,
        "worker_hijack_root_logger": False,
        "timezone": "UTC",
        "enable_utc": True,
        "beat_max_loop_interval": 10,
        "beat_schedule": {
            "reconcile": {
                "task": "accounts.tasks.reconcile",
                "schedule": settings.BEAT_SECONDS,
                "options": {"expires": max(settings.BEAT_SECONDS - 5, 1)},
            },
            "deliver": {
                "task": "accounts.tasks.deliver",
                "schedule": settings.BEAT_SECONDS,
                "options": {"expires": max(settings.BEAT_SECONDS - 5, 1)},
            },
            "call": {
                "task": "accounts.tasks.call",
                "schedule": settings.BEAT_SECONDS,
                "options": {"expires": max(settings.BEAT_SECONDS - 5, 1)},
            },
            # Somebody waits before a progress bar.
            "take_imports": {
                "task": "accounts.tasks.take_imports",
                "schedule": min(settings.BEAT_SECONDS, 5),
                "options": {"expires": min(settings.BEAT_SECONDS, 5)},
            },
            "take_exports": {
                "task": "accounts.tasks.take_exports",
                "schedule": min(settings.BEAT_SECONDS, 5),
                "options": {"expires": min(settings.BEAT_SECONDS, 5)},
            },
            "prune": {"task": "accounts.tasks.prune", "schedule": 3600, "options": {"expires": 3000}},
        },
    }


app = Celery("tierdash")
app.add_defaults(configuration)
app.autodiscover_tasks(["accounts"])
