"""The log holds no address that is a key."""

import logging
import sys
from pathlib import Path

import pytest

from tierdash.launcher import parts
from tierdash.logs import Line


def written(message, *args, error=None):
    record = logging.LogRecord("django.request", logging.ERROR, __file__, 1, message, args, error)
    return Line(fmt="%(levelname)s: %(message)s").format(record)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("Not Found: /calendar/abc_-1.ics", "ERROR: Not Found: /calendar/..."),
        ("Not Found: /calendar/abc/def?x=1", "ERROR: Not Found: /calendar/...?x=1"),
        ('"GET /unsubscribe/7.kind.abc/ HTTP/1.1" 200', 'ERROR: "GET /unsubscribe/... HTTP/1.1" 200'),
        ("Not Found: /accounts/7/calendar.ics", "ERROR: Not Found: /accounts/7/calendar.ics"),
        ("nothing to hide", "ERROR: nothing to hide"),
    ],
)
def test_what_follows_a_secret_s_place_is_left_out(message, line):
    assert written(message) == line
    assert written("%s", message) == line


def test_in_a_traceback_too():
    try:
        raise ValueError("at /calendar/abc.ics")
    except ValueError:
        text = written("broken", error=sys.exc_info())
    assert "ValueError: at /calendar/..." in text
    assert "abc" not in text.partition("ValueError: at")[2]


def test_the_web_server_keeps_no_log_of_addresses():
    assert '"--no-access-log"' in Path(parts.__file__).read_text()
