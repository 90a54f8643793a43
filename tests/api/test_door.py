"""What the API lets in, how often, and how it says no."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import actions
from accounts.api import notices
from accounts.models import Account, Token
from tests import make
from tests.api.conftest import API, problem, script_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
NEW = {"name": "staging", "rulebook": "openai/2025-05", "seen_tier": "tier-1"}


@pytest.fixture
def account(ann):
    return make.make_account(ann)


@pytest.fixture
def send(script):
    """Send bytes as they are to the address that opens accounts."""
    make.make_rulebook()
    client = Client()

    def post(body: bytes, content_type: str = "application/json", **headers: str):
        headers = {"Authorization": f"Bearer {script.secret}"} | headers
        return client.generic("POST", f"{API}/accounts", body, content_type, headers=headers)

    return post


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ""],
)
def test_only_json_is_taken(send, content_type):
    assert problem(send(json.dumps(NEW).encode(), content_type)) == (415, "not-json")
    assert not Account.objects.exists()


def test_a_charset_beside_it_does_no_harm(send):
    assert send(json.dumps(NEW).encode(), "application/json; charset=utf-8").status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"name": NaN}',
        b'{"name": "a", "name": "b"}',
        b'{"name": "\\u0000"}',
        b'{"name": "\\ud800"}',
        b'{"\\u0000": 1}',
        b"[" * 100_000,
        b'{"a":' * 30 + b"1" + b"}" * 30,
        "{“name”: 1}".encode(),
    ],
    ids=range(10),
)
def test_what_is_no_json_that_can_be_kept_is_refused(send, body):
    assert problem(send(body)) == (400, "bad-request")


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"null", b"1", b"true", b"{}", b""])
def test_json_that_is_something_else_is_refused(send, body):
    assert problem(send(body)) == (422, "invalid")


def test_a_request_has_a_most_of_bytes(send, settings):
    settings.API_MOST_BYTES = 200
    assert problem(send(json.dumps(NEW | {"organization_ref": "x" * 200}).encode())) == (413, "too-large")
    assert send(json.dumps(NEW).encode()).status_code == 201


def test_a_body_in_pieces_is_refused_and_not_taken_for_none(send):
    answer = Client().post(
        f"{API}/accounts", headers={"Transfer-Encoding": "chunked"}, content_type="application/json", CONTENT_LENGTH=""
    )
    assert problem(answer) == (411, "length-missing")


def test_a_missing_body_is_told_in_plain_words(send):
    assert send(b"").json()["detail"] == "This is missing."


def test_a_problem_names_every_field_in_the_language_that_was_asked_for(send):
    answer = send(b'{"name": 1, "surplus": 2}', **{"Accept-Language": "zh-CN"})
    document = answer.json()
    assert (answer.headers["Content-Language"], document["type"]) == ("zh-hans", "urn:tierdash:problem:invalid")
    assert document["title"] == "请求中有内容不符合要求。"
    assert {mistake["field"]: mistake["message"] for mistake in document["errors"]} == {
        "name": "这里应为文本。",
        "rulebook": "缺少这一项。",
        "seen_tier": "缺少这一项。",
        "surplus": "没有这个字段。",
    }


def test_the_language_is_not_that_of_a_session(ann, script):
    ann.language = "zh-hans"
    ann.save()
    client = Client()
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(f"{API}/nowhere", headers={"Authorization": f"Bearer {script.secret}"})
    assert answer.json()["title"] == "There is nothing here."


def test_a_token_has_so_many_requests_a_minute(script, ann, settings, clock):
    settings.API_REQUESTS_PER_MINUTE = 3
    clock.move_to(make.NOW + timedelta(seconds=20), tick=False)
    assert [script.get("/accounts").status_code for _ in range(3)] == [200, 200, 200]
    refused = script.get("/accounts")
    assert problem(refused) == (429, "too-many")
    assert refused.headers["Retry-After"] == "40"
    assert script_of(ann).get("/accounts").status_code == 200, "each token has its own"
    clock.shift(timedelta(seconds=39))
    assert script.get("/accounts").status_code == 429
    clock.shift(timedelta(seconds=1))
    assert script.get("/accounts").status_code == 200


def test_every_answer_says_what_is_left_of_the_minute(script, account, settings, clock):
    settings.API_REQUESTS_PER_MINUTE = 4
    clock.move_to(make.NOW + timedelta(seconds=50), tick=False)
    answers = [
        script.get("/accounts"),
        script.get(f"/accounts/{account.pk}/plan"),
        script.post("/accounts", {}),
        script.post(f"/accounts/{account.pk}/cap", {"reached": True}),
        script.get("/accounts"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 422, 200, 429]
    assert [answer.headers["RateLimit"] for answer in answers] == [f'"token";r={left};t=10' for left in (3, 2, 1, 0, 0)]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"token";q=4;w=60'}
    clock.shift(timedelta(seconds=10))
    assert script.get("/accounts").headers["RateLimit"] == '"token";r=3;t=60'
    assert "RateLimit" not in Client().get(f"{API}/accounts").headers


def test_the_last_use_is_written_once_a_minute(script, clock):
    for seconds, minute in ((0, 0), (30, 0), (29, 0), (1, 1), (59, 1)):
        clock.shift(timedelta(seconds=seconds))
        script.get("/accounts")
        assert Token.objects.get().last_used_at == make.NOW + timedelta(minutes=minute)


def test_a_token_costs_two_queries(script):
    with CaptureQueriesContext(connection) as queries:
        actions.use_token(script.secret, now=make.NOW)
    assert len(queries) == 2


def test_a_crash_is_a_problem_without_its_reasons(script, monkeypatch):
    def breaks(*args):
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(notices, "cut", breaks)
    answer = script.get("/notices")
    assert problem(answer) == (500, "broken")
    assert b"secret" not in answer.content


def test_a_database_that_is_away_is_a_problem_that_says_when_to_come_back(script, monkeypatch):
    def is_away(*args):
        raise OperationalError("gone")

    monkeypatch.setattr(notices, "cut", is_away)
    answer = script.get("/notices")
    assert problem(answer) == (503, "away")
    assert answer.headers["Retry-After"] == "30"


def test_pages_beside_the_api_are_answered_as_before(client):
    assert client.get("/api/").headers["Content-Type"].startswith("text/html")
    assert client.get("/nowhere/?token=x").headers["Content-Type"].startswith("text/html")


def test_the_description_names_what_may_be_answered():
    document = Client().get(f"{API}/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            problems = {status for status in operation["responses"] if status >= "400"}
            assert problems >= {"400", "401", "403", "413", "415", "422", "429", "500", "503"}, path
            assert operation["security"] == [{"Token": []}]
            keys = [one for one in operation["parameters"] if one["name"] == "Idempotency-Key"]
            assert bool(keys) is (method != "get" and operation["x-scope"] != "read")
            for status in problems:
                assert list(operation["responses"][status]["content"]) == ["application/problem+json"]


def test_the_description_is_the_same_in_every_language():
    english, chinese = (
        Client().get(f"{API}/openapi.json", headers={"Accept-Language": language}).content
        for language in ("en", "zh-CN")
    )
    assert english == chinese


def test_the_page_tells_every_address(client, ann):
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"{API}/docs").content.decode()
    document = Client().get(f"{API}/openapi.json").json()
    for path, methods in document["paths"].items():
        assert f"<code>{path.removeprefix(API)}</code>" in page
        for operation in methods.values():
            assert f'<details id="{operation["operationId"]}">' in page
    ann.language = "zh-hans"
    ann.save()
    assert "列出账号，最早的在前" in client.get(f"{API}/docs").content.decode()


def test_the_page_costs_few_queries(client, ann):
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    with CaptureQueriesContext(connection) as queries:
        client.get(f"{API}/docs")
    assert len(queries) <= 5
