#!/usr/bin/env python
import os
import sys


def lend_settings() -> None:
    """Let `standing`, which only computes, run where nothing has been set up: with a key and a database never used."""
    for name, value in {"SECRET_KEY": os.urandom(32).hex(), "DATABASE_URL": "postgres:///none"}.items():
        if not (os.environ.get(name) or os.environ.get(f"{name}_FILE")):
            os.environ[name] = value


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tierdash.settings")
    if sys.argv[1:2] == ["standing"]:
        lend_settings()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
