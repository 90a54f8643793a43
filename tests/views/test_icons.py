"""The sign in the browser's tab, and what makes tierdash installable."""

import xml.etree.ElementTree as ElementTree
from datetime import timedelta

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import actions
from accounts.models import Account
from tests import make


def in_the_tab(answer) -> str:
    """The address of the sign that a page names."""
    return answer.content.decode().partition('id="favicon"')[2].partition('href="')[2].partition('"')[0]


@pytest.fixture
def urgent(ann, clock) -> Account:
    return make.make_account(ann, payments=[("50.00", "05-01T10:00")])


class TestTheCount:
    def test_is_what_needs_somebody_now(self, signed_in, ann, urgent):
        make.make_account(ann, payments=[("50.00", "05-01T10:00")])
        make.make_account(ann)
        assert in_the_tab(signed_in.get("/profile/")) == "/icons/2.svg"

    def test_a_tier_that_fell_is_one(self, signed_in, ann, clock):
        account = make.make_account(ann, seen="tier-3")
        actions.see_tier(account, tier="tier-2", seen_at=make.NOW, by=ann, now=make.NOW)
        assert in_the_tab(signed_in.get("/profile/")) == "/icons/1.svg"

    def test_what_lies_in_the_archive_is_none(self, signed_in, urgent, ann):
        actions.archive_account(urgent, by=ann, now=make.NOW)
        assert "logo" in in_the_tab(signed_in.get("/profile/"))

    def test_what_belongs_to_others_is_none(self, signed_in, ann):
        make.make_account(make.make_user(), payments=[("50.00", "05-01T10:00")])
        assert "logo" in in_the_tab(signed_in.get("/profile/"))

    def test_nothing_to_do_is_the_plain_sign(self, signed_in):
        assert "logo" in in_the_tab(signed_in.get("/profile/"))

    def test_a_stranger_sees_the_plain_sign(self, client, db):
        assert "logo" in in_the_tab(client.get("/account/login/"))

    def test_costs_no_query_of_its_own(self, signed_in):
        signed_in.get("/profile/")
        with CaptureQueriesContext(connection) as queries:
            signed_in.get("/profile/")
        assert len([query for query in queries if "urgent_count" in query["sql"]]) == 1
        assert len([query for query in queries if 'FROM "accounts_workspace"' in query["sql"]]) == 1

    def test_follows_a_change_of_the_board_without_a_new_page(self, signed_in, ann, urgent, clock):
        answer = signed_in.get("/", headers={"HX-Request": "true"})
        assert in_the_tab(answer) == "/icons/1.svg"
        clock.shift(timedelta(days=1))
        actions.see_tier(urgent, tier="tier-2", seen_at=make.NOW, by=ann, now=make.NOW + timedelta(days=1))
        assert "logo" in in_the_tab(signed_in.get("/", headers={"HX-Request": "true"}))


class TestTheSign:
    @pytest.mark.parametrize(("count", "number"), [(1, "1"), (9, "9"), (10, "9+")])
    def test_carries_its_number(self, client, db, count, number):
        answer = client.get(f"/icons/{count}.svg")
        assert answer.headers["Content-Type"] == "image/svg+xml"
        drawn = ElementTree.fromstring(answer.content)
        assert [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")] == [number]
        assert b"prefers-color-scheme: dark" in answer.content

    @pytest.mark.parametrize("count", [0, 11, 10**30])
    def test_there_is_none_for_other_numbers(self, client, db, count):
        assert client.get(f"/icons/{count}.svg").status_code == 404

    def test_is_a_picture_for_browsers_that_ask_unbidden(self, client, db):
        answer = client.get("/favicon.ico")
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")


class TestTheManifest:
    @pytest.mark.parametrize(("language", "word"), [("en", "usage tiers"), ("zh-hans", "用量等级")])
    def test_speaks_the_language_of_its_address(self, client, db, language, word):
        answer = client.get(f"/manifest/{language}.webmanifest")
        assert answer.headers["Content-Type"] == "application/manifest+json"
        assert word in answer.json()["name"]
        assert answer.json()["lang"] == language

    def test_names_icons_that_are_as_large_as_it_says(self, client, db):
        icons = client.get("/manifest/en.webmanifest").json()["icons"]
        assert {icon["purpose"] for icon in icons} == {"any", "maskable"}
        for icon in icons:
            kind, size = icon["src"].rpartition("/")[2].split(".")[0].split("-")
            with open(finders.find(f"icons/{kind}-{size}.png"), "rb") as file:
                header = file.read(24)
            assert icon["sizes"] == "{}x{}".format(*(int.from_bytes(header[at : at + 4]) for at in (16, 20)))

    def test_a_page_names_the_one_of_its_language(self, signed_in, ann):
        ann.language = "zh-hans"
        ann.save()
        assert b'rel="manifest" href="/manifest/zh-hans.webmanifest"' in signed_in.get("/profile/").content
