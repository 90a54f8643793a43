"""The export page: downloads, restoring, one's own data."""

import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Account, User, Workspace
from accounts.models.workspace import VIEWER
from accounts.views import export
from tests import make
from tests.exports.everything import document_of, wipe


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
    page = client.get("/export/").content.decode()
    for form in ("json", "csv", "xlsx"):
        address = f"/export/{account.workspace_id}/{form}/"
        assert f'href="{address}"' in page
        assert client.get(address).status_code == 200
    assert "Bring a workspace back" not in page


def test_a_file_has_a_name_and_is_kept_nowhere(signed_in, account):
    Workspace.objects.filter(pk=account.workspace_id).update(name='Team "A"/工作区\\..')
    answer = signed_in.get(f"/export/{account.workspace_id}/json/")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "Team-A-%E5%B7%A5%E4%BD%9C%E5%8C%BA" in answer.headers["Content-Disposition"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Type"] == "application/json"
    assert json.loads(body(answer))["accounts"][0]["name"] == "production"


def test_tables_come_as_they_are_called(signed_in, account):
    answer = signed_in.get(f"/export/{account.workspace_id}/csv/")
    with zipfile.ZipFile(io.BytesIO(body(answer))) as archive:
        assert b"production" in archive.read("accounts.csv")
    answer = signed_in.get(f"/export/{account.workspace_id}/xlsx/")
    assert body(answer).startswith(b"PK")


def test_a_large_file_is_the_same(signed_in, account, monkeypatch, time_machine):
    time_machine.move_to(make.NOW, tick=False)
    small = body(signed_in.get(f"/export/{account.workspace_id}/json/"))
    monkeypatch.setattr(export, "IN_MEMORY", 100)
    answer = signed_in.get(f"/export/{account.workspace_id}/json/")
    assert answer.streaming
    assert int(answer.headers["Content-Length"]) == len(small)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert body(answer) == small


@pytest.mark.parametrize("form", ["pdf", "json2", "JSON"])
def test_no_other_form_is_there(signed_in, account, form):
    assert signed_in.get(f"/export/{account.workspace_id}/{form}/").status_code == 404


def test_a_foreign_workspace_is_not_there(client, account):
    client.force_login(make.make_user())
    assert client.get(f"/export/{account.workspace_id}/json/").status_code == 404


def test_my_data_is_mine(signed_in, account, ann):
    make.make_account(make.make_user("other@example.org"), name="foreign")
    told = json.loads(body(signed_in.get("/profile/data/")))
    assert told["profile"]["email"] == ann.email
    assert [each["account"] for each in told["payments_recorded"]] == ["production"]
    assert "foreign" not in json.dumps(told)


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
