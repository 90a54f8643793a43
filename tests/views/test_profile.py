"""The profile page."""

import pytest

SAID = {
    "name": "Ann Example",
    "language": "en",
    "time_zone": "Europe/Berlin",
    "notices": ["upgrade_ready", "contact_support", "credit_expiring"],
}


def save(client, **changes):
    return client.post("/profile/", SAID | changes)


def test_shows_what_is_stored(signed_in, ann):
    ann.name, ann.time_zone, ann.muted_kinds = "Ann", "Asia/Shanghai", ["tier_seen"]
    ann.save()
    page = signed_in.get("/profile/").content.decode()
    assert 'value="Ann"' in page
    assert 'value="Asia/Shanghai"' in page
    assert 'value="upgrade_ready" id="id_notices_0" checked' in page
    assert 'value="tier_seen" id="id_notices_2">' in page


def test_saves_what_is_said(signed_in, ann):
    answer = save(signed_in)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/profile/")
    ann.refresh_from_db()
    assert (ann.name, ann.language, ann.time_zone) == ("Ann Example", "en", "Europe/Berlin")
    assert ann.muted_kinds == ["tier_seen"]
    assert b"Your profile is saved." in signed_in.get("/profile/").content


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("asia/shanghai", "Asia/Shanghai"), (" America/New York ", "America/New_York"), ("utc", "UTC")],
)
def test_a_zone_may_be_typed_in_any_case_and_with_spaces(signed_in, ann, typed, stored):
    save(signed_in, time_zone=typed)
    ann.refresh_from_db()
    assert ann.time_zone == stored


@pytest.mark.parametrize("typed", ["Mars/Olympus", "", "../../etc/passwd", "posixrules", "x" * 65])
def test_a_zone_that_is_none_is_refused_beside_its_field(signed_in, ann, typed):
    answer = save(signed_in, time_zone=typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'aria-describedby="id_time_zone_helptext id_time_zone_error"' in page
    assert 'id="id_time_zone_error"' in page
    assert 'aria-invalid="true"' in page
    assert 'value="Ann Example"' in page, "what was typed elsewhere stays"
    ann.refresh_from_db()
    assert ann.name == ""


def test_a_name_is_one_line(signed_in, ann):
    save(signed_in, name="Ann\r\nBcc: everyone@example.org")
    ann.refresh_from_db()
    assert ann.name == "Ann Bcc: everyone@example.org"


def test_a_name_with_markup_stays_text(signed_in):
    save(signed_in, name="<svg onload=x>")
    page = signed_in.get("/profile/").content.decode()
    assert "<svg onload" not in page
    assert "&lt;svg onload=x&gt;" in page


def test_a_new_language_speaks_at_once(signed_in):
    save(signed_in, language="zh-hans")
    assert '<html lang="zh-hans">' in signed_in.get("/profile/").content.decode()


def test_a_language_that_is_not_there_is_refused(signed_in):
    assert save(signed_in, language="xx").status_code == 422


def test_what_is_not_in_the_form_is_ignored(signed_in, ann):
    ann.is_staff = ann.is_superuser = False
    ann.save()
    save(signed_in, is_staff="on", is_superuser="on", email="eve@example.org")
    ann.refresh_from_db()
    assert (ann.is_staff, ann.is_superuser, ann.email) == (False, False, "ann@example.org")


def test_a_stranger_is_sent_to_sign_in(client, db):
    assert client.get("/profile/").status_code == 302


@pytest.mark.parametrize("address", ["account_change_password", "account_email", "mfa_index"])
def test_leads_to_the_pages_about_signing_in(signed_in, address):
    from django.urls import reverse

    assert f'href="{reverse(address)}"' in signed_in.get("/profile/").content.decode()
    assert signed_in.get(reverse(address)).status_code == 200
