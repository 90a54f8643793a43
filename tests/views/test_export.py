"""The export page: downloads, restoring, one's own data."""

import io
import json
import zipfile
from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.exports import packing, zipping
from accounts.models import Account, User, Workspace
from accounts.models.workspace import VIEWER
from tests import make
from tests.exports.everything import document_of, wipe
from tests.views.conftest import give_password


@pytest.fixture
def account(ann):
    return make.make_account(ann, name="production", payments=[("50.00", "05-01T10:00")])


def body(response) -> bytes:
    return response.getvalue()


def upload(client, raw, **more):
    file = SimpleUploadedFile("ann.json", raw, "application/json")
    return client.post("/export/restore/", {"document": file} | more)


def test_a_viewer_may_take_the_workspace_away_but_has_nothing_to_restore_into(client, account):
    client.force_login(make.make_member(account.workspace, VIEWER))
    give_password(client)
    page = client.get("/export/").content.decode()
    for form in ("json", "csv", "xlsx"):
        address = f"/export/{account.workspace_id}/{form}/"
        assert f'href="{address}"' in page
        assert client.get(address).status_code == 200
    assert "Bring a workspace back" not in page


def test_a_file_has_a_name_and_is_kept_nowhere(confirmed, account):
    Workspace.objects.filter(pk=account.workspace_id).update(name='Team "A"/工作区\\..')
    answer = confirmed.get(f"/export/{account.workspace_id}/json/")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "Team-A-%E5%B7%A5%E4%BD%9C%E5%8C%BA" in answer.headers["Content-Disposition"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Type"] == "application/json"
    assert json.loads(body(answer))["accounts"][0]["name"] == "production"


def test_tables_come_as_they_are_called(confirmed, account):
    answer = confirmed.get(f"/export/{account.workspace_id}/csv/")
    with zipfile.ZipFile(io.BytesIO(body(answer))) as archive:
        assert b"production" in archive.read("accounts.csv")
    answer = confirmed.get(f"/export/{account.workspace_id}/xlsx/")
    assert body(answer).startswith(b"PK")


@pytest.mark.parametrize("form", ["json", "csv", "xlsx"])
def test_it_leaves_while_it_is_written(confirmed, account, monkeypatch, form):
    """The first bytes are there before the last payment is read."""
    monkeypatch.setattr(packing, "PIECE", 100)
    monkeypatch.setattr(zipping, "ROWS", 1)
    answer = confirmed.get(f"/export/{account.workspace_id}/{form}/")
    assert answer.streaming
    pieces = iter(answer.streaming_content)
    begun = next(pieces)
    assert begun
    rest = list(pieces)
    assert len(rest) > 3
    if form == "json":
        assert json.loads(begun + b"".join(rest))["accounts"]


@pytest.mark.parametrize("form", ["pdf", "json2", "JSON"])
def test_no_other_form_is_there(confirmed, account, form):
    assert confirmed.get(f"/export/{account.workspace_id}/{form}/").status_code == 404


def test_a_foreign_workspace_is_not_there(client, account):
    client.force_login(make.make_user())
    give_password(client)
    assert client.get(f"/export/{account.workspace_id}/json/").status_code == 404
    page = client.get(f"/export/?begin={account.workspace_id}/json").content.decode()
    assert "The download begins" not in page


def test_my_data_is_mine(confirmed, account, ann):
    make.make_account(make.make_user("other@example.org"), name="foreign")
    told = json.loads(body(confirmed.get("/profile/data/")))
    assert told["profile"]["email"] == ann.email
    assert [each["account"] for each in told["payments_recorded"]] == ["production"]
    assert "foreign" not in json.dumps(told)


class TestThePassword:
    """Whoever finds an open browser must not take everything home."""

    @pytest.fixture(params=["workspace", "my-data"])
    def wanted(self, request, account):
        if request.param == "my-data":
            return "/profile/data/", "my-data"
        return f"/export/{account.workspace_id}/json/", f"{account.workspace_id}/json"

    def test_is_asked_for_and_then_the_download_begins(self, signed_in, wanted):
        address, named = wanted
        asked = signed_in.get(address)
        assert (asked.status_code, asked.headers["Location"].partition("?")[0]) == (302, "/account/reauthenticate/")
        back = signed_in.post(asked.headers["Location"], {"password": make.PASSWORD})
        assert (back.status_code, unquote(back.headers["Location"])) == (302, f"/export/?begin={named}")
        page = signed_in.get(back.headers["Location"]).content.decode()
        assert f'<meta http-equiv="refresh" content="0;url={address}">' in page
        assert json.loads(body(signed_in.get(address)))

    def test_is_asked_for_again_after_five_minutes(self, signed_in, wanted, time_machine):
        time_machine.move_to(make.NOW, tick=False)
        give_password(signed_in)
        time_machine.shift(timedelta(seconds=299))
        assert signed_in.get(wanted[0]).status_code == 200
        time_machine.shift(timedelta(seconds=1))
        assert signed_in.get(wanted[0]).status_code == 302

    def test_is_not_asked_for_where_there_is_none(self, signed_in, wanted, ann):
        """Who has neither a password nor a second factor, such as the demo's person, could not answer."""
        ann.set_unusable_password()
        ann.save()
        signed_in.force_login(ann)
        assert signed_in.get(wanted[0]).status_code == 200

    @pytest.mark.parametrize("begin", ["", "x", "x/json", "my-data/x/y", "00000000-0000-0000-0000-000000000000/json"])
    def test_nothing_begins_that_is_not_there(self, confirmed, account, begin):
        answer = confirmed.get("/export/", {"begin": begin})
        assert answer.status_code == 200
        assert ("http-equiv" in answer.content.decode()) is begin.startswith("my-data")


def test_a_person_takes_so_many_files_a_minute(confirmed, account, ann):
    cache.clear()
    answers = [confirmed.get("/profile/data/").status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    other = Client()
    other.force_login(make.make_member(account.workspace, VIEWER))
    give_password(other)
    assert other.get(f"/export/{account.workspace_id}/json/").status_code == 200


def test_a_person_brings_so_many_workspaces_back_an_hour(signed_in, account):
    cache.clear()
    answers = [upload(signed_in, b"{}") for _ in range(21)]
    assert {answer.status_code for answer in answers} == {422}
    assert "Too many attempts" not in answers[19].content.decode()
    assert "Too many attempts" in answers[20].content.decode()


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
