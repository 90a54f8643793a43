"""The page of a person's tokens."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Token
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
PAGE = "/profile/tokens/"
SAID = {"name": "nightly import", "may": "record", "lasts": "90"}


@pytest.fixture
def signed_in(client, ann):
    """Ann, who has just typed her password: a token is made for nobody else."""
    client.post("/account/login/", {"login": ann.email, "password": make.PASSWORD})
    client.post("/account/reauthenticate/", {"password": make.PASSWORD})
    return client


def secret_of(answer) -> str:
    [secret] = re.findall(r"td_[A-Za-z0-9_-]{43}", answer.content.decode())
    return secret


def test_a_new_token_is_shown_once(signed_in):
    answer = signed_in.post(PAGE, SAID)
    assert answer.status_code == 201
    secret = secret_of(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    again = signed_in.get(PAGE).content.decode()
    assert secret not in again
    assert secret[:9] in again


def test_it_opens_the_api(signed_in):
    secret = secret_of(signed_in.post(PAGE, SAID))
    assert Client().get("/api/v1/accounts", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_the_database_holds_no_secret(signed_in):
    secret = secret_of(signed_in.post(PAGE, SAID))
    [row] = Token.objects.values()
    assert secret not in str(row)
    assert secret[3:] not in str(row)
    assert (row["scopes"], row["expires_at"]) == (["read", "record"], make.NOW + timedelta(days=90))


@pytest.mark.parametrize(
    ("lasts", "expires_at"),
    [("30", make.NOW + timedelta(days=30)), ("365", make.NOW + timedelta(days=365)), ("ever", None)],
)
def test_it_works_for_as_long_as_was_chosen(signed_in, lasts, expires_at):
    signed_in.post(PAGE, SAID | {"lasts": lasts})
    assert Token.objects.get().expires_at == expires_at


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": ""}),
        ("name", {"name": "x" * 101}),
        ("name", {"name": "\u200b"}),
        ("may", {"may": "everything"}),
        ("may", {"may": ""}),
        ("lasts", {"lasts": "9999"}),
    ],
)
def test_what_cannot_stand_is_told_beside_its_field(signed_in, field, changes):
    answer = signed_in.post(PAGE, SAID | changes)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not Token.objects.exists()


def test_the_same_form_makes_one_token(signed_in):
    key = {"form_key": str(uuid.uuid4())}
    assert signed_in.post(PAGE, SAID | key).status_code == 201
    again = signed_in.post(PAGE, SAID | key)
    assert (again.status_code, Token.objects.count()) == (422, 1)
    assert "cannot be shown again" in again.content.decode()


def test_nobody_has_more_than_fifty(signed_in, ann):
    for _ in range(50):
        make.make_token(ann)
    answer = signed_in.post(PAGE, SAID)
    assert answer.status_code == 422
    assert "too many tokens" in answer.content.decode()


def test_a_session_alone_makes_no_token(client, ann):
    """Whoever finds an open browser must not take a key to it home; the form goes on once the password was given."""
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(PAGE, SAID)
    assert (answer.status_code, Token.objects.count()) == (302, 0)
    assert answer.headers["Location"].startswith("/account/reauthenticate/")
    after = client.post(answer.headers["Location"], {"password": make.PASSWORD})
    assert after.status_code == 201
    assert secret_of(after)[:9] == Token.objects.get().prefix


def test_revoking_ends_it_at_once(signed_in, ann):
    made = make.make_token(ann)
    answer = signed_in.post(f"{PAGE}{made.token.pk}/revoke/")
    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
    assert Client().get("/api/v1/accounts", headers={"Authorization": f"Bearer {made.secret}"}).status_code == 401
    page = signed_in.get(PAGE).content.decode()
    assert "revoked" in page
    assert f"{PAGE}{made.token.pk}/revoke/" not in page


def test_revoking_twice_keeps_the_first_instant(signed_in, ann, clock):
    token = make.make_token(ann).token
    signed_in.post(f"{PAGE}{token.pk}/revoke/")
    clock.shift(timedelta(minutes=1))
    signed_in.post(f"{PAGE}{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at == make.NOW


def test_the_page_says_that_it_cannot_be_undone(signed_in, ann):
    make.make_token(ann)
    assert "This cannot be undone." in signed_in.get(PAGE).content.decode()


def test_a_colleagues_tokens_are_not_there(signed_in, ann):
    other = make.make_token(make.make_member(make.make_workspace(ann), "owner"), name="not yours").token
    assert "not yours" not in signed_in.get(PAGE).content.decode()
    assert signed_in.post(f"{PAGE}{other.pk}/revoke/").status_code == 404


def test_a_name_with_markup_stays_text(signed_in, ann):
    make.make_token(ann, name="<svg onload=x>")
    assert "<svg onload" not in signed_in.get(PAGE).content.decode()


def test_it_speaks_chinese(signed_in, ann):
    ann.language = "zh-hans"
    ann.save()
    assert "令牌" in signed_in.get(PAGE).content.decode()


def test_seven_queries_are_enough(signed_in, ann):
    for _ in range(5):
        make.make_token(ann)
    with CaptureQueriesContext(connection) as queries:
        signed_in.get(PAGE)
    assert len(queries) <= 7, [query["sql"] for query in queries]
