"""The export page: downloads, restoring, one's own data."""

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import actions
from accounts.actions import exporting
from accounts.models import Account, Export, User, Workspace
from accounts.models.workspace import VIEWER
from tests import make
from tests.exports.everything import document_of, wipe
from tests.views.conftest import give_password
from tests.views.reading import HTMX


@pytest.fixture
def account(ann):
    return make.make_account(ann, name="production", payments=[("50.00", "05-01T10:00")])


def body(response) -> bytes:
    return response.getvalue()


def upload(client, raw, **more):
    file = SimpleUploadedFile("ann.json", raw, "application/json")
    return client.post("/export/restore/", {"document": file} | more)


def take(client, address: str):
    """Ask for a file as the page's button does, and follow to its download."""
    asked = client.post(address)
    assert asked.status_code == 302, asked.content
    page = client.get(asked.headers["Location"]).content.decode()
    [download] = re.findall(r'<meta http-equiv="refresh" content="0;url=([^"]+)">', page)
    return client.get(download)


def test_a_viewer_may_take_the_workspace_away_but_has_nothing_to_restore_into(client, account):
    client.force_login(make.make_member(account.workspace, VIEWER))
    give_password(client)
    page = client.get("/export/").content.decode()
    for form in ("json", "csv", "xlsx"):
        address = f"/export/{account.workspace_id}/{form}/"
        assert f'action="{address}"' in page
        assert take(client, address).status_code == 200
    assert "Bring a workspace back" not in page


def test_a_file_has_a_name_and_a_length_and_is_kept_by_no_cache(confirmed, account):
    Workspace.objects.filter(pk=account.workspace_id).update(name='Team "A"/工作区\\..')
    answer = take(confirmed, f"/export/{account.workspace_id}/json/")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "Team-A-%E5%B7%A5%E4%BD%9C%E5%8C%BA" in answer.headers["Content-Disposition"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Type"] == "application/json"
    raw = body(answer)
    assert int(answer.headers["Content-Length"]) == len(raw)
    assert json.loads(raw)["accounts"][0]["name"] == "production"


def test_a_browser_that_takes_packed_answers_gets_the_length_too(confirmed, account):
    confirmed.post(f"/export/{account.workspace_id}/json/")
    held = Export.objects.get()
    answer = confirmed.get(f"/export/files/{held.pk}/content/", headers={"Accept-Encoding": "gzip, br"})
    assert int(answer.headers["Content-Length"]) == held.size == len(body(answer))


def test_tables_come_as_they_are_called(confirmed, account):
    answer = take(confirmed, f"/export/{account.workspace_id}/csv/")
    with zipfile.ZipFile(io.BytesIO(body(answer))) as archive:
        assert b"production" in archive.read("accounts.csv")
    answer = take(confirmed, f"/export/{account.workspace_id}/xlsx/")
    assert body(answer).startswith(b"PK")


@pytest.mark.parametrize("form", ["pdf", "json2", "JSON", "person"])
def test_no_other_form_is_there(confirmed, account, form):
    assert confirmed.post(f"/export/{account.workspace_id}/{form}/").status_code == 404


def test_a_foreign_workspace_is_not_there(client, account):
    client.force_login(make.make_user())
    give_password(client)
    assert client.post(f"/export/{account.workspace_id}/json/").status_code == 404


def test_my_data_is_mine(confirmed, account, ann):
    make.make_account(make.make_user("other@example.org"), name="foreign")
    told = json.loads(body(take(confirmed, "/profile/data/")))
    assert told["profile"]["email"] == ann.email
    assert [each["account"] for each in told["payments_recorded"]] == ["production"]
    assert "foreign" not in json.dumps(told)


def test_who_belongs_to_it_no_more_has_its_files_no_more(client, account):
    bo = make.make_member(account.workspace, VIEWER)
    client.force_login(bo)
    give_password(client)
    held = actions.begin_export(account.workspace, form="json", by=bo, now=make.NOW)
    assert client.get(f"/export/files/{held.pk}/content/").status_code == 200
    bo.memberships.all().delete()
    assert client.get(f"/export/files/{held.pk}/content/").status_code == 404
    assert str(held.pk) not in client.get("/export/").content.decode()


class TestAFileThatTakesItsTime:
    @pytest.fixture(autouse=True)
    def large(self, monkeypatch):
        monkeypatch.setattr(exporting, "AT_ONCE", 0)

    @pytest.fixture
    def held(self, confirmed, account):
        confirmed.post(f"/export/{account.workspace_id}/json/")
        return Export.objects.get()

    def test_is_left_to_the_clock_and_the_page_asks_for_news(self, confirmed, held):
        assert held.state == "waiting"
        address = f"/export/files/{held.pk}/"
        page = confirmed.get(f"/export/?begin={held.pk}").content.decode()
        assert f'hx-get="{address}" hx-trigger="every 2s"' in page
        assert "http-equiv" not in page
        assert confirmed.get(f"{address}content/").status_code == 404
        Export.objects.filter(pk=held.pk).update(state="running", rows_done=1)
        row = confirmed.get(address, headers=HTMX).content.decode()
        assert row.startswith(f'<li id="file-{held.pk}" hx-get=')
        assert '<progress max="6" value="1"' in row

    def test_is_there_when_it_is_written(self, confirmed, held):
        assert actions.take_exports(now=make.NOW) == 1
        row = confirmed.get(f"/export/files/{held.pk}/", headers=HTMX).content.decode()
        assert "hx-get" not in row
        assert f'href="/export/files/{held.pk}/content/"' in row
        assert json.loads(body(confirmed.get(f"/export/files/{held.pk}/content/")))["accounts"]

    def test_that_fails_says_so(self, confirmed, held, monkeypatch):
        monkeypatch.setattr(exporting.exports, "FORMATS", {"json": ("json", "", None)})
        actions.take_exports(now=make.NOW)
        assert "Not written" in confirmed.get(f"/export/files/{held.pk}/", headers=HTMX).content.decode()


class TestThePassword:
    """Whoever finds an open browser must not take everything home."""

    @pytest.fixture(params=["workspace", "my-data"])
    def address(self, request, account):
        return "/profile/data/" if request.param == "my-data" else f"/export/{account.workspace_id}/json/"

    def test_is_asked_for_and_then_the_download_begins(self, signed_in, address):
        asked = signed_in.post(address)
        assert (asked.status_code, asked.headers["Location"].partition("?")[0]) == (302, "/account/reauthenticate/")
        assert not Export.objects.exists()
        on = signed_in.post(asked.headers["Location"], {"password": make.PASSWORD})
        held = Export.objects.get()
        assert (on.status_code, on.headers["Location"]) == (302, f"/export/?begin={held.pk}#files")
        page = signed_in.get(on.headers["Location"]).content.decode()
        assert f'content="0;url=/export/files/{held.pk}/content/"' in page

    def test_is_asked_for_once_more_to_take_a_file_later(self, signed_in, address, time_machine):
        time_machine.move_to(make.NOW, tick=False)
        give_password(signed_in)
        signed_in.post(address)
        held = Export.objects.get()
        time_machine.shift(timedelta(seconds=299))
        assert signed_in.get(f"/export/files/{held.pk}/content/").status_code == 200
        time_machine.shift(timedelta(seconds=1))
        asked = signed_in.get(f"/export/files/{held.pk}/content/")
        assert asked.headers["Location"].startswith("/account/reauthenticate/")
        on = signed_in.post(asked.headers["Location"], {"password": make.PASSWORD})
        assert on.headers["Location"] == f"/export/?begin={held.pk}"
        assert signed_in.get(f"/export/files/{held.pk}/content/").status_code == 200

    def test_is_not_asked_for_where_there_is_none(self, signed_in, address, ann):
        """Who has neither a password nor a second factor, such as the demo's person, could not answer."""
        ann.set_unusable_password()
        ann.save()
        signed_in.force_login(ann)
        assert take(signed_in, address).status_code == 200


@pytest.mark.parametrize("begin", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_nothing_begins_that_is_not_there(confirmed, account, begin):
    answer = confirmed.get("/export/", {"begin": begin})
    assert answer.status_code == 200
    assert "http-equiv" not in answer.content.decode()


def test_a_person_makes_so_many_files_a_minute(confirmed, account, ann):
    cache.clear()
    answers = [confirmed.post("/profile/data/").status_code for _ in range(11)]
    assert answers == [302] * 10 + [429]
    other = Client()
    other.force_login(make.make_member(account.workspace, VIEWER))
    give_password(other)
    assert other.post(f"/export/{account.workspace_id}/json/").status_code == 302


def test_a_person_brings_so_many_workspaces_back_an_hour(signed_in, account):
    cache.clear()
    answers = [upload(signed_in, b"{}") for _ in range(21)]
    assert {answer.status_code for answer in answers} == {422}
    assert "Too many attempts" not in answers[19].content.decode()
    assert "Too many attempts" in answers[20].content.decode()


def test_the_page_costs_few_queries(confirmed, account):
    for _ in range(5):
        confirmed.post("/profile/data/")
    with CaptureQueriesContext(connection) as queries:
        confirmed.get("/export/")
    assert len(queries) <= 8, [query["sql"][:150] for query in queries]


class TestRestoring:
    @pytest.fixture
    def raw(self, account, ann):
        raw = document_of(account.workspace, now=make.NOW)
        wipe()
        return raw

    @pytest.fixture
    def bo(self, raw, client):
        bo = make.make_user("bo@example.org")
        client.force_login(bo)
        return bo

    def test_an_administrator_may_bring_people_back(self, raw, bo, client):
        answer = upload(client, raw, with_people="on")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")
        assert b"is back" in client.get("/").content
        (account,) = Account.objects.all()
        assert {member.user.email for member in account.workspace.memberships.all()} == {"ann@example.org", bo.email}
        ann = User.objects.get(email="ann@example.org")
        assert not ann.has_usable_password()
        assert not ann.is_superuser

    def test_without_a_tick_it_is_theirs_alone(self, raw, bo, client):
        make.make_rulebook()
        assert upload(client, raw).status_code == 302
        assert [member.user for member in Account.objects.get().workspace.memberships.all()] == [bo]

    def test_others_are_not_asked_and_cannot_bring_people_back(self, raw, bo, client):
        make.make_rulebook()
        cy = make.make_user("cy@example.org")
        client.force_login(cy)
        assert "Bring its people back" not in client.get("/export/").content.decode()
        assert upload(client, raw, with_people="on").status_code == 302
        assert not User.objects.filter(email="ann@example.org").exists()

    def test_a_mistake_stands_beside_the_field(self, raw, bo, client):
        document = json.loads(raw)
        document["accounts"][0]["payments"][0]["gross"] = "0"
        answer = upload(client, json.dumps(document).encode(), with_people="on")
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "accounts[0].payments[0].gross: must be more than 0" in page
        assert 'aria-describedby="id_document_helptext id_document_error"' in page
        assert "checked" in page, "what was ticked stays"
        assert not Account.objects.exists()

    @pytest.mark.parametrize("raw_file", [b"", b"no json", b"\x00\xff"])
    def test_a_file_that_is_none_is_refused(self, bo, client, raw_file):
        assert upload(client, raw_file).status_code == 422

    def test_no_file_is_refused(self, bo, client):
        assert client.post("/export/restore/").status_code == 422

    def test_a_mistake_is_told_in_chinese(self, raw, bo, client):
        User.objects.filter(pk=bo.pk).update(language="zh-hans")
        document = json.loads(raw) | {"colour": 1}
        assert "colour: 不是已知字段" in upload(client, json.dumps(document).encode()).content.decode()

    def test_whoever_came_back_chooses_a_password(self, raw, bo, client, mailoutbox):
        upload(client, raw, with_people="on")
        client.logout()
        client.post("/account/password/reset/", {"email": "ann@example.org"})
        assert [mail.to for mail in mailoutbox] == [["ann@example.org"]]
