"""What every page has around it, and what every request goes through."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import BadRequest
from django.db import connection
from django.http import HttpResponse, QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.middleware import GuardMiddleware
from accounts.models import JobRun
from tests import make

SIGN_IN = "/account/login/"


class TestWhatEveryAnswerCarries:
    @pytest.mark.parametrize("address", ["/profile/", SIGN_IN, "/nowhere/"])
    def test_no_page_is_kept_in_a_cache(self, signed_in, address):
        assert "no-store" in signed_in.get(address).headers["Cache-Control"]

    def test_the_content_policy_allows_no_inline_style_and_only_scripts_of_ours(self, signed_in):
        policy = signed_in.get("/profile/").headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "style-src 'self'" in policy
        assert "'nonce-" in policy

    def test_devices_are_out_of_reach(self, signed_in):
        assert "camera=()" in signed_in.get("/profile/").headers["Permissions-Policy"]

    def test_htmx_is_told_to_evaluate_nothing_and_to_restore_whole_pages(self, signed_in):
        page = signed_in.get("/profile/").content.decode()
        for setting in ('"historyRestoreAsHxRequest":false', '"allowEval":false', '"includeIndicatorStyles":false'):
            assert setting in page


class TestTextThatCannotBeStored:
    @pytest.mark.parametrize("address", ["/profile/?x=a%00b", "/profile/?a%00b=x", "/pro%00file/"])
    def test_in_an_address_is_a_bad_request(self, signed_in, address):
        answer = signed_in.get(address)
        assert answer.status_code == 400
        assert b"cannot be understood" in answer.content

    def test_in_a_form_is_a_bad_request(self, signed_in, ann):
        answer = signed_in.post("/profile/", {"name": "An\x00n", "language": "en", "time_zone": "UTC"})
        assert answer.status_code == 400
        ann.refresh_from_db()
        assert ann.name == ""

    def test_half_of_a_surrogate_pair_is_refused(self, rf):
        request = rf.get("/")
        request.GET = QueryDict(mutable=True)
        request.GET["q"] = "\ud800"
        with pytest.raises(BadRequest):
            GuardMiddleware(lambda _: HttpResponse())(request)


class TestSignInOfAFragment:
    def ask(self, client: Client, current_url: str):
        headers = {"HX-Request": "true", "HX-Current-URL": current_url}
        return client.get("/profile/?part=1", headers=headers)

    def test_leads_the_whole_page_to_sign_in_and_back_to_the_page(self, client, db):
        answer = self.ask(client, "http://testserver/?q=eu")
        assert answer.status_code == 401
        leads_to = urlsplit(answer.headers["HX-Redirect"])
        assert leads_to.path == SIGN_IN
        assert parse_qs(leads_to.query)["next"] == ["/?q=eu"]
        assert answer.content == b""

    @pytest.mark.parametrize(
        "foreign", ["http://evil.example/x", "http://testserver//evil.example", "javascript:x", ""]
    )
    def test_never_leads_back_to_another_site(self, client, db, foreign):
        leads_to = urlsplit(self.ask(client, foreign).headers["HX-Redirect"])
        assert parse_qs(leads_to.query)["next"] == ["/"]

    def test_a_form_leads_back_to_the_page_it_stood_on(self, client, db):
        page = "http://testserver/accounts/3fa85f64-5717-4562-b3fc-2c963f66afa6/?all=1"
        answer = client.post(f"{page.partition('?')[0]}payments/", {"gross": "5"}, headers={"Referer": page})
        leads_to = urlsplit(answer.headers["Location"])
        assert (answer.status_code, leads_to.path) == (302, SIGN_IN)
        assert parse_qs(leads_to.query)["next"] == [page.partition("testserver")[2]]

    @pytest.mark.parametrize("foreign", ["http://evil.example/x", "http://testserver//evil.example", "x", ""])
    def test_a_form_never_leads_back_to_another_site(self, client, db, foreign):
        answer = client.post("/profile/", {}, headers={"Referer": foreign})
        assert parse_qs(urlsplit(answer.headers["Location"]).query)["next"] == ["/"]

    def test_a_whole_page_is_redirected_as_ever(self, client, db):
        answer = client.get("/profile/")
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"{SIGN_IN}?next=/profile/"


class TestLanguageAndZone:
    def language_of(self, answer) -> str:
        return answer.content.decode().partition('<html lang="')[2].partition('"')[0]

    def test_a_stranger_is_addressed_in_the_browsers_language(self, client, db):
        answer = client.get(SIGN_IN, headers={"Accept-Language": "zh-CN,zh;q=0.9"})
        assert self.language_of(answer) == "zh-hans"
        assert answer.headers["Content-Language"] == "zh-hans"

    def test_a_person_is_addressed_in_their_own(self, client, db):
        client.force_login(make.make_user(language="zh-hans"))
        assert self.language_of(client.get("/profile/", headers={"Accept-Language": "en"})) == "zh-hans"

    def test_the_switch_is_remembered_with_the_person(self, signed_in, ann):
        answer = signed_in.post("/language/", {"language": "zh-hans", "next": "/profile/"})
        assert answer.headers["Location"] == "/profile/"
        ann.refresh_from_db()
        assert ann.language == "zh-hans"

    def test_the_switch_of_a_stranger_is_remembered_by_the_browser(self, client, db):
        client.post("/language/", {"language": "zh-hans", "next": SIGN_IN})
        assert self.language_of(client.get(SIGN_IN, headers={"Accept-Language": "en"})) == "zh-hans"

    def test_a_language_that_is_not_there_changes_nothing(self, signed_in, ann):
        signed_in.post("/language/", {"language": "xx", "next": "/profile/"})
        ann.refresh_from_db()
        assert ann.language == "en"

    def test_the_switch_leads_to_no_other_site(self, signed_in):
        answer = signed_in.post("/language/", {"language": "en", "next": "https://evil.example/"})
        assert "evil" not in answer.headers["Location"]

    def test_one_persons_zone_does_not_stay_for_the_next_request(self, signed_in, ann):
        ann.time_zone = "Asia/Shanghai"
        ann.save()
        signed_in.get("/profile/")
        assert timezone.get_current_timezone_name() == "UTC"


class TestLightAndDark:
    def theme_of(self, answer) -> str:
        return answer.content.decode().partition('data-theme="')[2].partition('"')[0]

    def test_is_what_the_system_says_until_somebody_chooses(self, signed_in):
        answer = signed_in.get("/profile/")
        assert self.theme_of(answer) == ""
        assert b'<meta name="color-scheme" content="light dark">' in answer.content

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_a_choice_is_on_the_page_before_any_stylesheet(self, signed_in, theme):
        answer = signed_in.post("/theme/", {"theme": theme, "next": "/profile/?x=1"})
        assert answer.headers["Location"] == "/profile/?x=1"
        answer = signed_in.get("/profile/")
        assert self.theme_of(answer) == theme
        assert f'<meta name="color-scheme" content="{theme}">'.encode() in answer.content

    def test_the_choice_of_a_person_holds_in_every_browser(self, signed_in, ann):
        signed_in.post("/theme/", {"theme": "dark"})
        elsewhere = Client()
        elsewhere.force_login(ann)
        assert self.theme_of(elsewhere.get("/profile/")) == "dark"

    def test_the_choice_of_a_stranger_is_remembered_by_the_browser(self, client, db):
        client.post("/theme/", {"theme": "dark", "next": SIGN_IN})
        assert self.theme_of(client.get(SIGN_IN)) == "dark"

    def test_a_person_who_never_chose_keeps_the_look_of_before_signing_in(self, client, db):
        client.post("/theme/", {"theme": "dark"})
        client.force_login(make.make_user())
        assert self.theme_of(client.get("/profile/")) == "dark"

    def test_the_systems_choice_can_be_taken_back_to(self, signed_in):
        signed_in.post("/theme/", {"theme": "dark"})
        signed_in.post("/theme/", {"theme": "system"})
        assert self.theme_of(signed_in.get("/profile/")) == ""

    def test_a_theme_that_is_not_there_is_refused(self, signed_in, ann):
        assert signed_in.post("/theme/", {"theme": "pink"}).status_code == 400
        ann.refresh_from_db()
        assert ann.theme == ""

    def test_a_cookie_that_says_nothing_known_is_ignored(self, client, db):
        client.cookies["theme"] = '"><script>'
        assert self.theme_of(client.get(SIGN_IN)) == ""

    def test_the_switch_leads_to_no_other_site(self, signed_in):
        answer = signed_in.post("/theme/", {"theme": "dark", "next": "https://evil.example/"})
        assert answer.headers["Location"] == "/"

    def test_a_page_that_leans_on_nothing_wears_it_too(self, client, db):
        client.cookies["theme"] = "dark"
        assert self.theme_of(client.get("/profile/?x=%00")) == "dark"


class TestTheClocksSilence:
    def page(self, client: Client, ann, *, silent_for: timedelta | None) -> str:
        now = timezone.now()
        ann.joined_at = now - timedelta(days=1)
        ann.time_zone = "Asia/Shanghai"
        ann.save()
        if silent_for is not None:
            finished = now - silent_for
            JobRun.objects.create(job="reconcile", slot=1, started_at=finished, finished_at=finished)
        return client.get("/profile/").content.decode()

    def test_is_told_after_five_minutes_in_the_persons_zone(self, signed_in, ann):
        page = self.page(signed_in, ann, silent_for=timedelta(minutes=6))
        assert "The clock has been silent since" in page
        assert "UTC+8</time>" in page

    def test_is_not_told_before(self, signed_in, ann):
        assert "has been silent" not in self.page(signed_in, ann, silent_for=timedelta(minutes=4))

    def test_is_told_when_the_clock_never_ran(self, signed_in, ann):
        assert "The clock has been silent since" in self.page(signed_in, ann, silent_for=None)

    def test_is_not_told_to_someone_who_has_just_arrived(self, signed_in, ann):
        ann.joined_at = timezone.now()
        ann.save()
        assert b"has been silent" not in signed_in.get("/profile/").content


class TestWhereOneIs:
    def test_the_current_page_is_marked(self, signed_in):
        page = signed_in.get(reverse("accounts:board")).content.decode()
        assert f'<a href="{reverse("accounts:board")}" aria-current="page">' in page

    @pytest.mark.parametrize("path", ["/planner/", "/capacity/", "/alternatives/", "/relays/", "/relays/new/"])
    def test_every_page_that_helps_to_plan_is_behind_plan(self, signed_in, path):
        make.make_rulebook()
        page = signed_in.get(path).content.decode()
        pages = re.search(r'<nav class="pages".*?</nav>', page, re.DOTALL)[0]
        assert re.findall(r'<a href="([^"]+)" aria-current="page">', pages) == ["/planner/"]

    @pytest.mark.parametrize("path", ["/planner/", "/capacity/", "/alternatives/", "/relays/"])
    def test_they_lead_to_each_other_and_each_says_which_it_is(self, signed_in, path):
        tabs = re.search(r'<nav class="tabs.*?</nav>', signed_in.get(path).content.decode(), re.DOTALL)[0]
        assert re.findall(r'href="([^"]+)"', tabs) == ["/planner/", "/capacity/", "/alternatives/", "/relays/"]
        assert re.findall(r'<a href="([^"]+)" aria-current="page">', tabs) == [path]

    @pytest.mark.parametrize("path", ["/", "/models/", "/doctor/", "/guide/", "/rulebooks/", "/notices/"])
    def test_no_other_page_is_behind_plan(self, signed_in, path):
        page = signed_in.get(path).content.decode()
        assert re.findall(r'<a href="([^"]+)" aria-current="page">', page) == [path]

    def test_the_menu_names_the_workspace(self, signed_in, ann):
        assert f"<span>Workspace {make.make_workspace(ann)}</span>" in signed_in.get("/profile/").content.decode()

    def test_a_stranger_sees_no_menu(self, client, db):
        page = client.get(SIGN_IN).content.decode()
        assert 'popovertarget="me"' not in page
        assert 'class="pages"' not in page


class TestPagesForWhatWentWrong:
    @pytest.fixture(autouse=True)
    def _pages(self, settings):
        settings.ROOT_URLCONF = "tests.faults"

    def test_not_found(self, signed_in):
        answer = signed_in.get("/nowhere/")
        assert answer.status_code == 404
        assert b"There is nothing here" in answer.content

    def test_not_found_for_a_stranger(self, client, db):
        assert client.get("/nowhere/").status_code == 404

    def test_forbidden(self, signed_in):
        answer = signed_in.get("/faults/forbidden/")
        assert answer.status_code == 403
        assert b"You may not do this" in answer.content

    def test_a_form_without_its_secret_is_said_to_be_too_old(self, ann):
        client = Client(enforce_csrf_checks=True)
        client.force_login(ann)
        answer = client.post("/profile/", {"name": "Ann"})
        assert answer.status_code == 403
        assert b"This form is too old" in answer.content

    def test_our_mistake(self, signed_in):
        signed_in.raise_request_exception = False
        answer = signed_in.get("/faults/broken/")
        assert answer.status_code == 500
        assert b"Something broke" in answer.content
        assert b"broken on purpose" not in answer.content

    @pytest.mark.django_db(transaction=True)
    def test_a_database_that_is_away_is_a_pause(self, client):
        client.force_login(make.make_user())
        client.raise_request_exception = False
        host = connection.settings_dict["HOST"]
        connection.close()
        try:
            connection.settings_dict["HOST"] = "/nowhere"
            answer = client.get("/profile/")
        finally:
            connection.settings_dict["HOST"] = host
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert b"The database does not answer" in answer.content
