#!/usr/bin/env python
import os
import sys

from tierdash.launcher.ground import StartError
from tierdash.launcher.lending import NoInstance, lend


def main() -> None:
    """Run a command; what is wrong with the machine or its settings is one line, like every other mistake."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tierdash.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from environs import EnvError

    try:
        lend(os.environ, sys.argv[1:])
        execute_from_command_line(sys.argv)
    except (NoInstance, StartError, ImproperlyConfigured, EnvError) as error:
        sys.exit(f"tierdash: {error}")


if __name__ == "__main__":
    main()
