"""How a line of the log is written: without the secrets that stand in addresses."""

import logging
import re

# Whoever has one of these addresses needs no password; what follows the first part of the path is its secret.
SECRET = re.compile(r"(/(?:calendar|unsubscribe)/)[^\s\"'?]+")


class Line(logging.Formatter):
    """Hides secrets wherever they come from: a refused method, a failure, the text of a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return SECRET.sub(r"\1...", super().format(record))
