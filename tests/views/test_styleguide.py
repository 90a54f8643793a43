"""The style guide shows everything that there is to show."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import rules
from accounts.models import Account
from accounts.models.notice import STATUSES
from accounts.views import samples, stylesheet
from tests import make

TEMPLATES = Path(settings.BASE_DIR) / "templates"
# What asks for news by itself has nothing to look at.
INVISIBLE = {"_pulse.html"}


@pytest.fixture
def guide(client, ann):
    """What the administrator sees. Ann, the first person, is the administrator."""
    client.force_login(ann)
    return client.get("/styleguide/")


def test_every_component_stands_in_it(guide):
    shown = {template.name for template in guide.templates if template.name}
    partials = {path.name for path in (TEMPLATES / "accounts").glob("_*.html")} - INVISIBLE
    assert {name for name in partials if f"accounts/{name}" not in shown} == set()


def test_every_token_stands_in_it(guide):
    css = (Path(settings.BASE_DIR) / "static/css/tierdash.css").read_text()
    root = css.partition(":root {")[2].partition("\n  }")[0]
    page = guide.content.decode()
    assert {name for name in re.findall(r"--([a-z0-9-]+):", root) if f"<code>{name}</code>" not in page} == set()


def test_every_advice_has_a_sample():
    rows = samples.rows(now=make.NOW)
    assert {row.standing["advice"]["code"] for row in rows} == set(rules.ADVICE_CODES)


def test_every_state_of_a_mail_stands_in_it(guide):
    assert guide.content.count(b'<tr id="notice-') == len(STATUSES)


def test_it_needs_no_account_and_stores_none(guide):
    assert guide.status_code == 200
    assert not Account.objects.exists()


@pytest.mark.parametrize("kind", ["upgrade_ready", "contact_support", "credit_expiring"])
def test_a_mail_is_the_one_that_would_be_sent(guide, client, kind):
    answer = client.get(f"/styleguide/mail/{kind}/")
    assert b"top-up" in answer.content or b"contact-support" in answer.content
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_mail_of_another_kind_is_not_there(guide, client):
    assert client.get("/styleguide/mail/test/").status_code == 404


def test_it_speaks_chinese(client, ann):
    ann.language = "zh-hans"
    ann.save()
    client.force_login(ann)
    assert "样式指南" in client.get("/styleguide/").content.decode()


def test_twelve_queries_are_enough(guide, client):
    with CaptureQueriesContext(connection) as queries:
        client.get("/styleguide/")
    assert len(queries) <= 12


def test_the_tokens_are_told_apart(db):
    kinds = stylesheet.tokens()
    assert ("s4", "1rem") in kinds["space"]
    assert ("text-m", "0.9375rem") in kinds["type"]
    assert all(kinds.values())
