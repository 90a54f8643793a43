"""The demo in this process, with a clock that stands still: what the gallery shows and what browser tests visit."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

import time_machine
from django.conf import settings
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import Client, override_settings
from django.test.testcases import QuietWSGIRequestHandler
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from accounts import actions, notices
from accounts.gateways import files
from accounts.gateways.letter import ACCEPTED, REFUSED, Outcome
from accounts.gateways.mailbox import Mailbox
from accounts.models import Account, Import, Payment, Receipt, Relay, User
from tests import make
from tests.browser.chromium import launch_chromium

AT = datetime(2026, 11, 18, 9, 41, tzinfo=UTC)
# A day that the wishes of the tour name.
BY = "2026-12-24"
DEMO_EMAIL = "demo@tierdash.example"
ZONES = {"en": "Europe/Berlin", "zh-hans": "Asia/Shanghai"}
# Who looks at a page: an owner of the demo, who is staff, or somebody who has just come; "" is not signed in.
OWNER, NEW = "owner", "new"


@dataclass(frozen=True)
class Stop:
    """A page of the tour."""

    name: str
    path: str
    person: str = OWNER
    status: int = 200


@dataclass(frozen=True)
class Tour:
    """`keys` are the sessions of each person in each language."""

    stops: list[Stop]
    keys: dict[tuple[str, str], str]

    def stop(self, name: str) -> Stop:
        return next(stop for stop in self.stops if stop.name == name)


def prepare() -> Tour:
    """Fill the empty database with the demo and its mails, and with people who look at it; let them sign in."""
    call_command("createcachetable")
    call_command("demo", at=AT, stdout=StringIO())
    call_command("tick", stdout=StringIO())
    for mail in Path(settings.MAILBOX_DIR).iterdir():
        os.utime(mail, (AT.timestamp(), AT.timestamp()))
    demo, keys = User.objects.get(email=DEMO_EMAIL), {}
    for language, zone in ZONES.items():
        owner, new = f"ann.{language}@example.org", f"ben.{language}@example.org"
        people = {
            OWNER: make.make_member(make.make_workspace(demo), "owner", owner),
            NEW: make.make_user(new, now=AT, name="Ben"),
        }
        for person, user in people.items():
            user.language, user.time_zone, user.is_staff = language, zone, person == OWNER
            user.name = {OWNER: "Ann", NEW: "Ben"}[person]
            user.save()
            if person == OWNER:
                _make_tokens(user)
                _make_channels(user)
                actions.begin_export(make.make_workspace(demo), form="json", by=user, now=AT - timedelta(hours=2))
            client = Client()
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            keys[person, language] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return Tour(_stops(), keys)


def _make_tokens(user: User) -> None:
    """A token that a script uses, one that has expired and one that was revoked."""
    month = AT - timedelta(days=40)
    used = make.make_token(user, name="nightly import", now=month)
    actions.use_token(used.secret, now=AT - timedelta(hours=7))
    make.make_token(user, name="laptop", scopes=("read",), expires_at=AT - timedelta(days=10), now=month)
    actions.revoke_token(make.make_token(user, name="old server", now=month).token, now=AT - timedelta(days=3))


def _make_channels(user: User) -> None:
    """One that works, one whose receiver is gone, and one that was paused."""
    month = AT - timedelta(days=40)
    works = make.make_channel(user, name="Ops receiver", now=month)
    notices.note_try(works, Outcome(ACCEPTED, "204"), at=AT - timedelta(hours=3))
    works.save()
    gone = make.make_channel(user, "ntfy", name="Ann's phone", now=month + timedelta(days=1), muted_kinds=["tier_seen"])
    notices.note_try(gone, Outcome(REFUSED, "410", "topic was deleted"), at=AT - timedelta(hours=5))
    gone.failures, gone.failing_since = 1, AT - timedelta(hours=5)
    gone.paused_at, gone.paused_why = AT - timedelta(hours=5), "gone"
    gone.save()
    actions.pause_channel(
        make.make_channel(user, "feishu", name="值班群", now=month + timedelta(days=2)), now=AT - timedelta(days=2)
    )


def _stops() -> list[Stop]:
    """Every page, in the order in which a person meets them."""
    ids = {account.name: account.pk for account in Account.objects.all()}
    by_name = {name: f"/accounts/{key}/" for name, key in ids.items()}
    payment = Payment.objects.filter(account__name="shanghai-studio").earliest("id")
    relay = f"/relays/{Relay.objects.get(name='Example relay').pk}/"
    mails = Mailbox(settings.MAILBOX_DIR).newest(20)
    mail = next(mail.name for mail in mails if "may trigger" in mail.subject)
    reminder = next(mail.name for mail in mails if mail.subject.startswith("translation-eu: up to"))
    return [
        Stop("log-in", "/account/login/", person=""),
        Stop("sign-up", "/account/signup/", person=""),
        Stop("password-reset", "/account/password/reset/", person=""),
        Stop("first-board", "/", person=NEW),
        Stop("board", "/"),
        Stop("account", by_name["production-eu"]),
        Stop("account-every-payment", by_name["shanghai-studio"]),
        Stop("account-in-doubt", by_name["translation-eu"]),
        Stop("refund", f"{by_name['shanghai-studio']}?refund={payment.uid}"),
        Stop("account-opaque", by_name["gemini-batch"]),
        Stop("account-overdue", by_name["research"]),
        Stop("experience", "/experience/"),
        Stop("account-new", by_name["new-team"]),
        Stop("account-on-plan", by_name["voice-assistant"]),
        Stop("account-off-plan", by_name["data-pipeline"]),
        Stop("evidence", f"{by_name['research']}evidence/"),
        Stop(
            "evidence-hidden",
            f"{by_name['research']}evidence/?tier=tier-2&language=zh-hans&hides_amounts=on&hides_names=on",
        ),
        Stop("open-account", "/accounts/new/"),
        Stop("edit-account", f"{by_name['production-eu']}edit/"),
        Stop("move-account", f"{by_name['production-eu']}move/"),
        Stop("correct-payment", f"/payments/{payment.uid}/"),
        Stop("receipts", f"/payments/{Receipt.objects.filter(kind='eml').get().payment.uid}/receipts/"),
        Stop("receipts-first", f"/payments/{payment.uid}/receipts/"),
        Stop("receipt-missing", f"/receipts/{_lost('flagship').pk}/", status=404),
        Stop("import-payments", f"{by_name['production-eu']}import/"),
        Stop("import", f"/imports/{_draft('shanghai-studio').pk}/"),
        Stop("workspace-import", "/import/"),
        Stop("import-accounts", f"/imports/{_wide_draft().pk}/"),
        Stop("import-pasted", f"/imports/{_pasted_draft('production-eu').pk}/"),
        Stop("import-done", f"/imports/{Import.objects.get(state='done', account__name='agency-shop-14').pk}/"),
        Stop("archive", "/accounts/archive/"),
        Stop("planner", f"/planner/?account={ids['shanghai-studio']}&model=o3-mini&by={BY}"),
        Stop("planner-first", "/planner/", person=NEW),
        Stop("planner-new-account", "/planner/?account=&rulebook=openai/2025-05&model=gpt-4o&tpm=500,000"),
        Stop("planner-no-tier", "/planner/?account=&rulebook=openai/2025-05&model=gpt-4o&tpm=1,500,000"),
        Stop("planner-mistakes", "/planner/?account=&model=gpt-4o&rpm=many&by=2020-01-01", status=422),
        Stop("models", "/models/?rulebook=openai/2025-05"),
        Stop("models-of-today", "/models/?rulebook=openai/2026-05"),
        Stop("capacity", "/capacity/?model=gpt-4o&rpm=12k&tpm=1.5M"),
        Stop("capacity-together", "/capacity/?model=gpt-4o&tpm=900,000"),
        Stop("capacity-empty", "/capacity/"),
        Stop("capacity-wrong", "/capacity/?model=&tpm=1,5&ipm=x", status=422),
        Stop("doctor", "/doctor/"),
        Stop("doctor-answer", f"/doctor/?example=headers&account={by_name['production-eu'].split('/')[2]}"),
        Stop("guide", "/guide/"),
        Stop("guide-of-today", "/guide/?edition=openai/2026-10-06", person=""),
        Stop("rulebooks", "/rulebooks/"),
        Stop("rulebook", "/rulebooks/openai/2025-05/"),
        Stop("alternatives", "/alternatives/"),
        Stop("relays", "/relays/"),
        Stop("relay", relay),
        Stop("open-relay", "/relays/new/"),
        Stop("edit-relay", f"{relay}edit/"),
        Stop("notices", "/notices/"),
        Stop("channels", "/channels/"),
        Stop("channels-none", "/channels/", person=NEW),
        Stop("add-webhook", "/channels/new/webhook/"),
        Stop("add-chat", "/channels/new/slack/"),
        Stop("mailbox", "/mailbox/"),
        Stop("mail", f"/mailbox/{mail}/"),
        Stop("mail-of-credit", f"/mailbox/{reminder}/"),
        Stop("profile", "/profile/"),
        Stop("export", "/export/"),
        Stop("leave", "/profile/leave/"),
        Stop("leave-alone", "/profile/leave/", person=NEW),
        Stop("tokens", "/profile/tokens/"),
        Stop("api", "/api/v1/docs"),
        Stop("email", "/account/email/"),
        Stop("two-factor", "/account/2fa/"),
        Stop("two-factor-set-up", "/account/2fa/totp/activate/"),
        Stop("styleguide", "/styleguide/"),
        Stop("not-found", "/nowhere/", status=404),
        Stop("not-understood", "/?x=%00", status=400),
        Stop("too-large", "/faults/too-large/", status=413),
        Stop("forbidden", "/faults/forbidden/", status=403),
        Stop("too-many", "/faults/too-many/", status=429),
        Stop("broken", "/faults/broken/", status=500),
        Stop("away", "/faults/away/", status=503),
    ]


def _lost(name: str) -> Receipt:
    """A receipt whose file somebody has deleted behind the instance's back."""
    receipt = make.make_receipt(
        Payment.objects.filter(account__name=name).earliest("id"), "invoice.pdf", make.PDF, now=AT
    )
    files.discard(receipt.sha256)
    return receipt


def _draft(name: str) -> Import:
    """A draft with a row of each verdict, and something to ask."""
    lines = [
        "支付日期,金额,状态,发票号,备注",
        "2026-10-15,¥200.00,成功,,首次充值",
        "2026-11-02,¥150.00,成功,FP-20931,补充",
    ]
    lines += ["2026-11-09,$35.00,成功,FP-21007,", "11/12/2026,$20.00,成功,FP-21044,", "2026-11-17,$20.00,成功,,"]
    lines += ["2026-11-16,$12.00,退款,FP-21050,", "合计,,,,"]
    account = Account.objects.get(name=name)
    content = "\n".join(lines).encode("gb18030")
    zone = ZoneInfo("Asia/Shanghai")
    return actions.begin_import(account, content=content, file_name="账单-2026.csv", zone=zone, by=None, now=AT)


def _wide_draft() -> Import:
    """A table of several accounts: by reference and by name, one payment known already, one name that is nobody's."""
    lines = [
        "Organization,Date,Amount,Status,Invoice number",
        "org-Kq7dEu01,2026-11-12,$30.00,Paid,INV-22310",
        "org-Kq7dEu01,2026-10-29,$45.00,Paid,INV-21190",
        "org-Vx83Say,2026-11-16,$45.00,Paid,INV-22402",
        "Data-Pipeline,2026-11-14,$80.00,Paid,INV-22377",
        "Data-Pipeline,2026-11-15,$20.00,Failed,INV-22391",
        "org-Rs41Lab,2026-11-17,$5.00,Paid,INV-22419",
        "org-Nm02Old,2026-11-10,$15.00,Paid,INV-22288",
        "org-Nm02Old,2026-11-11,$15.00,Paid,INV-22296",
    ]
    home = Account.objects.get(name="production-eu").workspace
    content = "\n".join(lines).encode()
    zone = ZoneInfo("Asia/Shanghai")
    return actions.begin_import(home, content=content, file_name="billing-2026-11.csv", zone=zone, by=None, now=AT)


def _pasted_draft(name: str) -> Import:
    """A billing page that was copied with each cell on a line of its own."""
    rows = [("K3QD77-0031", "$20.00", "Nov 9, 2026"), ("K3QD77-0030", "$15.00", "Oct 30, 2026")]
    text = "Billing history\n\nInvoice\nStatus\nAmount\nCreated\n\n"
    text += "\n".join(f"{number}\nPaid\n{amount}\n{day}, 10:04 AM\nView\n" for number, amount, day in rows)
    account = Account.objects.get(name=name)
    return actions.begin_import(account, content=text.encode(), file_name="", zone=ZoneInfo("UTC"), by=None, now=AT)


@contextmanager
def served() -> Iterator[str]:
    """Serve this process's site as an installation does, with compressed static files; yield its address.

    Beside the site's own pages it has some that fail on purpose (`tests/faults.py`).
    """
    with override_settings(ROOT_URLCONF="tests.faults"):
        yield from _served()


def _served() -> Iterator[str]:
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler, allow_reuse_address=False)
    # Whoever still answers is waited for: the database must be free of them when the site is gone.
    server.daemon_threads = False
    server.set_app(get_wsgi_application())
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def browsing() -> Iterator[Browser]:
    # Playwright's loop runs in this thread; Django must still be allowed to use its database here.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        yield browser
        browser.close()
        # Within Playwright's loop Django has connections of its own, which nobody else would close.
        connections.close_all()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def standing_clock() -> time_machine.travel:
    return time_machine.travel(AT, tick=False)


def enter(browser: Browser, address: str, key: str, language: str = "en", **facts) -> BrowserContext:
    """Open a context of the browser with a person's session ("": nobody's), for a reader of a language."""
    context = browser.new_context(base_url=address, locale={"zh-hans": "zh-CN"}.get(language, language), **facts)
    if key:
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": address}])
    return context
