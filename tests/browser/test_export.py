"""Taking everything away at a screen: the password first, then the file; a large one with its progress; and leaving."""

import json

import pytest
from playwright.sync_api import expect

from accounts import actions
from accounts.actions import exporting
from accounts.models import Export, User, Workspace
from tests import make

pytestmark = pytest.mark.browser


@pytest.fixture
def account(ann):
    return make.make_account(ann, name="production", payments=[("50.00", "05-01T10:00")])


def give_password(page) -> None:
    page.get_by_label("Password", exact=True).fill(make.PASSWORD)
    page.get_by_role("button", name="Go on").click()


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_the_download_begins_once_the_password_is_given(enter, account, java_script_enabled):
    page = enter("/export/", accept_downloads=True, java_script_enabled=java_script_enabled)
    page.get_by_role("button", name="JSON Everything").click()
    with page.expect_download() as waited:
        give_password(page)
    assert waited.value.suggested_filename.endswith(".json")
    assert json.loads(waited.value.path().read_bytes())["accounts"][0]["name"] == "production"
    expect(page.get_by_text("The download begins.")).to_be_visible()
    # The same file once more, and another one, without being asked again.
    with page.expect_download():
        page.get_by_role("link", name="Download").click()
    with page.expect_download() as waited:
        page.get_by_role("button", name="XLSX").click()
    assert waited.value.suggested_filename.endswith(".xlsx")


def test_a_large_one_shows_how_far_it_is(enter, account, monkeypatch):
    monkeypatch.setattr(exporting, "AT_ONCE", 0)
    page = enter("/export/", accept_downloads=True)
    page.get_by_role("button", name="CSV").click()
    give_password(page)
    row = page.locator("#files li")
    expect(row).to_contain_text("Waiting for its turn")
    Export.objects.update(state="running", rows=100, rows_done=40)
    expect(row).to_contain_text("40 of about 100 rows")
    expect(row.get_by_role("progressbar")).to_have_attribute("value", "40")
    Export.objects.update(state="waiting")
    actions.take_exports(now=make.NOW)
    with page.expect_download() as waited:
        row.get_by_role("link", name="Download").click()
    assert waited.value.suggested_filename.endswith(".csv.zip")


def test_my_data_and_then_nothing_of_mine(enter, account, ann):
    team = make.make_workspace(make.make_user("bo@example.org", name="Bo"))
    ann.memberships.create(workspace=team, role="viewer")
    page = enter("/profile/", accept_downloads=True)
    page.get_by_role("button", name="Download my data").click()
    with page.expect_download() as waited:
        give_password(page)
    told = json.loads(waited.value.path().read_bytes())
    assert told["profile"]["email"] == "ann@example.org"
    page.goto("/profile/")
    page.get_by_role("link", name="Delete my account").click()
    expect(page.get_by_role("main")).to_contain_text("Nobody else belongs to this workspace")
    expect(page.get_by_role("main")).to_contain_text("Bo")
    page.get_by_label("Your e-mail address").fill("ann@example.org")
    page.get_by_label("Your password").fill("a wrong one")
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_text("This is not your password.")).to_be_visible()
    page.get_by_label("Your password").fill(make.PASSWORD)
    page.get_by_role("button", name="Delete my account").click()
    # The first person of an instance is its administrator, and the last one cannot leave others behind.
    expect(page.get_by_text("You are the only administrator")).to_be_visible()
    User.objects.filter(email="bo@example.org").update(is_staff=True, is_superuser=True)
    page.get_by_label("Your password").fill(make.PASSWORD)
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_text("Your account is deleted.")).to_be_visible()
    assert list(Workspace.objects.all()) == [team]
    assert not User.objects.filter(email="ann@example.org").exists()
    assert not Export.objects.exists()
