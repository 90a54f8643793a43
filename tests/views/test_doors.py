"""The doors: sign-up, sign-in, passwords, a second factor, and the way into a demo."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.urls import reverse

from accounts.models import User, Workspace
from tests import make

PROFILE = "/profile/"


def sign_up(client, email="ann@example.org", password=make.PASSWORD, **more):
    return client.post("/account/signup/", {"email": email, "password1": password, "next": PROFILE} | more)


def sign_in(client, email="ann@example.org", password=make.PASSWORD, **more):
    return client.post("/account/login/", {"login": email, "password": password} | more)


def body(answer) -> str:
    """What an answer shows between its header and footer."""
    return answer.content.decode().partition("<main")[2].partition("</main>")[0]


def is_inside(client) -> bool:
    return client.get(PROFILE).status_code == 200


class TestSignUp:
    def test_the_first_person_becomes_the_administrator_and_has_a_home(self, client, db):
        assert b"becomes the administrator" in client.get("/account/signup/").content
        assert sign_up(client).headers["Location"] == PROFILE
        ann = User.objects.get()
        assert (ann.is_staff, ann.is_superuser) == (True, True)
        assert Workspace.objects.visible_to(ann).count() == 1
        assert is_inside(client)

    def test_the_second_person_does_not(self, client, ann):
        assert b"becomes the administrator" not in client.get("/account/signup/").content
        sign_up(client, "bob@example.org")
        bob = User.objects.get(email="bob@example.org")
        assert (bob.is_staff, bob.is_superuser) == (False, False)
        assert Workspace.objects.visible_to(bob).count() == 1

    def test_the_browsers_language_and_zone_are_kept(self, client, db):
        sign_up(client, time_zone="Asia/Shanghai", headers={})
        client.post("/account/logout/")
        client.post(
            "/account/signup/",
            {"email": "bob@example.org", "password1": make.PASSWORD, "next": PROFILE, "time_zone": "Europe/Berlin"},
            headers={"Accept-Language": "zh-CN"},
        )
        facts = User.objects.order_by("id").values_list("language", "time_zone")
        assert list(facts) == [("en", "Asia/Shanghai"), ("zh-hans", "Europe/Berlin")]

    @pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../UTC"])
    def test_a_zone_that_is_none_becomes_utc(self, client, db, zone):
        sign_up(client, time_zone=zone)
        assert User.objects.get().time_zone == "UTC"

    def test_the_address_is_kept_in_lower_case(self, client, db):
        sign_up(client, "Ann@Example.ORG")
        assert User.objects.get().email == "ann@example.org"

    @pytest.mark.parametrize("password", ["short", "password12345678"[:8], "", "ann@example.org"])
    def test_a_weak_password_is_refused_beside_its_field(self, client, db, password):
        page = sign_up(client, password=password).content.decode()
        assert 'id="id_password1_error"' in page
        assert not User.objects.exists()

    @pytest.mark.parametrize(
        ("language", "says"), [("en", "Use at least 12 characters."), ("zh-hans", "密码至少需要 12 个字符。")]
    )
    def test_a_short_password_is_refused_in_the_readers_language(self, client, db, language, says):
        client.cookies["django_language"] = language
        assert says in sign_up(client, password="short").content.decode()

    @pytest.mark.parametrize("email", ["ann", "a@b\r\nBcc: x@example.org", "a@b.c, d@e.f", "x" * 320 + "@example.org"])
    def test_an_address_that_is_none_is_refused(self, client, db, email):
        assert sign_up(client, email).status_code == 200
        assert not User.objects.exists()

    def test_an_address_that_is_taken_makes_no_second_person(self, client, ann):
        answer = sign_up(client, ann.email.upper())
        assert answer.status_code < 500
        assert User.objects.count() == 1
        assert not is_inside(client)

    def test_it_can_be_closed(self, client, settings, db):
        settings.SIGN_UP_IS_OPEN = False
        assert b"Sign-up is closed" in client.get("/account/signup/").content
        sign_up(client)
        assert not User.objects.exists()
        assert b"/account/signup/" not in client.get("/account/login/").content


class TestSignIn:
    def test_leads_where_one_wanted_to_go(self, client, ann):
        assert sign_in(client, next=PROFILE).headers["Location"] == PROFILE
        assert is_inside(client)

    def test_leads_to_the_board_otherwise(self, client, ann):
        assert sign_in(client).headers["Location"] == reverse("accounts:board")

    def test_leads_to_no_other_site(self, client, ann):
        assert "evil" not in sign_in(client, next="https://evil.example/").headers["Location"]

    @pytest.mark.parametrize("email", ["ann@example.org", "nobody@example.org"])
    def test_a_wrong_password_and_a_wrong_address_look_the_same(self, client, ann, email):
        page = sign_in(client, email, "wrong-horse-battery").content.decode()
        assert 'class="errors is-whole"' in page
        assert not is_inside(client)

    def test_logging_out_needs_a_form(self, signed_in):
        assert signed_in.get("/account/logout/").status_code == 200
        assert is_inside(signed_in)
        signed_in.post("/account/logout/")
        assert not is_inside(signed_in)


class TestPasswords:
    def test_a_forgotten_one_is_replaced_by_mail(self, client, ann):
        assert client.post("/account/password/reset/", {"email": ann.email}, follow=True).status_code == 200
        link = re.search(r"http://127.0.0.1:8000(\S+)", mail.outbox[0].body)[1]
        page = client.get(link, follow=True)
        assert b"Choose a new password" in page.content
        new = "another-horse-battery"
        done = client.post(page.request["PATH_INFO"], {"password1": new, "password2": new}, follow=True)
        assert b"Your password is changed" in done.content
        assert b"no longer works" in client.get(link, follow=True).content
        sign_in(client, password=new)
        assert is_inside(client)

    def test_nobody_learns_who_has_an_account(self, client, ann):
        known = client.post("/account/password/reset/", {"email": ann.email}, follow=True)
        unknown = client.post("/account/password/reset/", {"email": "nobody@example.org"}, follow=True)
        assert body(known) == body(unknown)
        assert len(mail.outbox) == 1

    def test_it_can_be_changed(self, signed_in):
        new = "another-horse-battery"
        form = {"oldpassword": make.PASSWORD, "password1": new, "password2": new}
        assert signed_in.post("/account/password/change/", form).status_code == 302
        signed_in.post("/account/logout/")
        sign_in(signed_in, password=new)
        assert is_inside(signed_in)


class TestMails:
    def test_lead_to_the_configured_site_whatever_host_was_claimed(self, client, ann):
        client.post("/account/password/reset/", {"email": ann.email}, headers={"host": "localhost"})
        assert re.findall(r"https?://[^/]+", mail.outbox[0].body) == ["http://127.0.0.1:8000"]

    def test_speak_the_readers_language_and_carry_no_markup(self, client, db):
        make.make_user("o'neil@example.org")
        client.post("/account/password/reset/", {"email": "o'neil@example.org"})
        assert mail.outbox[0].subject == "Choose a new password"
        assert "&#" not in mail.outbox[0].body

    def test_a_mail_server_that_is_away_does_not_undo_a_sign_up(self, client, settings, db):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
        assert sign_up(client).headers["Location"] == PROFILE
        assert is_inside(client)


class TestAddresses:
    def test_one_is_confirmed_by_mail(self, client, db):
        sign_up(client)
        link = re.search(r"http://127.0.0.1:8000(\S+/confirm-email/\S+)", mail.outbox[0].body)[1]
        assert b"Yes, it is mine" in client.get(link).content
        client.post(link)
        page = client.get("/account/email/").content.decode()
        assert "not confirmed" not in page
        assert "notices go here" in page

    def test_a_link_that_is_none_says_so(self, client, db):
        assert b"no longer works" in client.get("/account/confirm-email/nonsense/").content


class TestASecondFactor:
    def code(self, secret: str) -> str:
        return format_hotp_value(hotp_value(secret, int(time.time()) // 30))

    def test_is_set_up_and_then_asked_for(self, client, db):
        sign_up(client)
        client.post(re.search(r"http://127.0.0.1:8000(\S+/confirm-email/\S+)", mail.outbox[0].body)[1])
        # Whoever has only found an open browser cannot do this: the password is asked for again.
        asked = client.get("/account/2fa/totp/activate/", follow=True)
        assert b"Is it still you?" in asked.content
        page = client.post(asked.redirect_chain[-1][0], {"password": make.PASSWORD}, follow=True)
        assert b'src="data:image/svg+xml' in page.content
        secret = page.context["form"].secret
        codes = client.post("/account/2fa/totp/activate/", {"code": self.code(secret)}, follow=True)
        assert b"Recovery codes" in codes.content
        assert b"codes are left" in client.get("/account/2fa/").content
        recovery = re.findall(
            r"<li><code>(\d+)</code></li>", client.get("/account/2fa/recovery-codes/").content.decode()
        )
        assert len(recovery) == 10

        client.post("/account/logout/")
        asked = client.post(
            "/account/login/", {"login": "ann@example.org", "password": make.PASSWORD, "next": PROFILE}, follow=True
        )
        assert b"Enter the code" in asked.content
        assert not is_inside(client)
        client.post("/account/2fa/authenticate/", {"code": "000000"})
        assert not is_inside(client)
        client.post("/account/2fa/authenticate/", {"code": recovery[0]})
        assert is_inside(client)


class TestTheDemo:
    def test_is_one_button_away(self, client, settings, db):
        settings.IS_DEMO = True
        demo = make.make_user("demo@tierdash.example")
        assert b"Enter the demo" in client.get("/account/login/").content
        assert client.post("/demo/enter/").headers["Location"] == reverse("accounts:board")
        assert client.session["_auth_user_id"] == str(demo.pk)

    def test_speaks_the_visitors_language(self, client, settings, db):
        settings.IS_DEMO = True
        make.make_user("demo@tierdash.example")
        client.post("/demo/enter/", headers={"Accept-Language": "zh-CN"})
        assert '<html lang="zh-hans"' in client.get("/").content.decode()

    def test_is_nowhere_else(self, client, settings, db):
        make.make_user("demo@tierdash.example")
        assert b"Enter the demo" not in client.get("/account/login/").content
        assert client.post("/demo/enter/").status_code == 404
        assert not is_inside(client)

    def test_is_entered_by_a_form_only(self, client, settings, db):
        settings.IS_DEMO = True
        assert client.get("/demo/enter/").status_code == 405
