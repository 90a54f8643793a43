"""Make things for tests: sensible defaults, everything else by keyword. Built with the product's own actions."""

import io
import itertools
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from urllib.parse import urlsplit

from django.contrib.auth.hashers import make_password
from PIL import Image
from pypdf import PdfWriter

from accounts import actions, rules
from accounts.gateways import published
from accounts.models import Account, Channel, Membership, Payment, Receipt, Relay, Rulebook, User, Workspace
from accounts.models.channel import CHAT, WEBHOOK
from accounts.models.token import SCOPES

PASSWORD = "correct-horse-battery"
_numbers = itertools.count(1)


def instant(text: str) -> datetime:
    """instant("05-08T10:00") is 2025-05-08 10:00 UTC; a full ISO text is taken as it is."""
    if text.count("-") == 1:
        text = f"2025-{text}"
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


NOW = instant("05-20T12:00")


def make_rulebook(book_id: str = "openai/2025-05", *, now: datetime = NOW) -> Rulebook:
    """Adopt one published edition (or return it)."""
    held = Rulebook.objects.filter(id=book_id).first()
    if held is not None:
        return held
    actions.adopt([_edition(book_id)], now=now)
    return Rulebook.objects.get(id=book_id)


@cache
def _hashed_password() -> str:
    """The real hash of PASSWORD, which is slow on purpose, once for a run."""
    return make_password(PASSWORD)


@cache
def _edition(book_id: str) -> rules.Rulebook:
    return published.edition(book_id)


def make_user(email: str = "", *, home: bool = True, now: datetime = NOW, **facts) -> User:
    """A person with a workspace of their own (the first one of a test is the administrator)."""
    user = User.objects.create_user(email or f"person{next(_numbers)}@example.org", **facts)
    user.password = _hashed_password()
    user.save(update_fields=["password"])
    if home:
        actions.open_home(user, now=now)
    return user


def make_workspace(owner: User) -> Workspace:
    return Workspace.objects.visible_to(owner).first()


def make_member(workspace: Workspace, role: str, email: str = "") -> User:
    user = make_user(email, home=False)
    Membership.objects.create(workspace=workspace, user=user, role=role)
    return user


def make_account(
    owner: User | None = None,
    *,
    name: str = "",
    rulebook: str = "openai/2025-05",
    seen: str = "tier-1",
    payments=(),
    now: datetime = NOW,
    **facts,
) -> Account:
    """An account; `payments` are (gross, instant) pairs or PaymentFacts."""
    owner = owner or make_user(now=now)
    return actions.open_account(
        make_workspace(owner),
        facts=actions.AccountFacts(name=name or f"account {next(_numbers)}", **facts),
        rulebook=make_rulebook(rulebook, now=now),
        seen_tier=seen,
        payments=[payment_facts(payment) for payment in payments],
        form_key=uuid.uuid4(),
        by=owner,
        now=now,
    )


def payment_facts(payment=None, **facts) -> actions.PaymentFacts:
    if isinstance(payment, actions.PaymentFacts):
        return payment
    if payment is not None:
        gross, paid_at = payment
        facts = {"gross": gross, "paid_at": paid_at} | facts
    facts = {"kind": "purchase", "gross": "5.00", "paid_at": NOW} | facts
    if isinstance(facts["paid_at"], str):
        facts["paid_at"] = instant(facts["paid_at"])
    return actions.PaymentFacts(**facts | {"gross": Decimal(facts["gross"])})


def make_token(
    user: User, *, scopes=SCOPES, expires_at: datetime | None = None, now: datetime = NOW, **facts
) -> actions.Made:
    """A token of a person's script, with its secret."""
    facts = {"name": f"script {next(_numbers)}", "form_key": uuid.uuid4()} | facts
    return actions.make_token(user, scopes=scopes, expires_at=expires_at, now=now, **facts)


def make_channel(user: User, service: str = "", *, target: str = "", now: datetime = NOW, **facts) -> Channel:
    """A webhook, or a chat service by its slug. Its host is one that the internet does not have, unless told."""
    target = target or (
        f"{service}://receiver.example/long-secret-8Kd2" if service else "https://receiver.example/long-secret-8Kd2"
    )
    receiver = actions.Receiver(CHAT if service else WEBHOOK, service, target, urlsplit(target).hostname or "")
    facts = {"name": f"channel {next(_numbers)}", "muted_kinds": (), "form_key": uuid.uuid4()} | facts
    return actions.add_channel(user, receiver=receiver, now=now, **facts).channel


def make_payment(account: Account, gross="5.00", paid_at=NOW, *, now: datetime = NOW, **facts) -> Payment:
    return actions.record_payment(
        account,
        facts=payment_facts((gross, paid_at), **facts),
        form_key=uuid.uuid4(),
        by=None,
        now=now,
    )


def png(size=(60, 80), colour="#c2570c", **options) -> bytes:
    """A picture of one colour with a mark in a corner."""
    picture = Image.new("RGB", size, colour)
    picture.putpixel((0, 0), (255, 255, 255))
    file = io.BytesIO()
    picture.save(file, **{"format": "PNG"} | options)
    return file.getvalue()


def jpeg(**options) -> bytes:
    return png(format="JPEG", **options)


def pdf(pages: int = 1) -> bytes:
    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(200, 300)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


EML = (
    b"From: Billing <billing@provider.example>\r\nTo: ann@example.org\r\nSubject: =?utf-8?b?5YWF5YC85oiQ5Yqf?=\r\n"
    b"Date: Thu, 01 May 2025 12:00:00 +0200\r\nMessage-ID: <1@provider.example>\r\n\r\nThank you.\r\n"
)
PNG, JPEG, PDF = png(), jpeg(), pdf()


def given(name: str, content: bytes) -> actions.Given:
    return actions.Given(name, len(content), lambda: content)


def make_receipt(payment: Payment, name="receipt.png", content=PNG, *, by=None, now: datetime = NOW) -> Receipt:
    [outcome] = actions.attach_receipts(payment, [given(name, content)], by=by, now=now)
    assert outcome.code == "taken", outcome.code
    return outcome.receipt


def make_relay(owner: User | None = None, *, balance: str = "", now: datetime = NOW, **facts) -> Relay:
    """A relay; `balance` is what it showed at `now` in USD, "" when nobody has looked."""
    owner = owner or make_user(now=now)
    named = {"name": f"relay {next(_numbers)}", "base_url": "https://relay.example/v1"} | facts
    return actions.open_relay(
        make_workspace(owner),
        facts=actions.RelayFacts(**named),
        balance=actions.Balance(Decimal(balance), now) if balance else None,
        form_key=uuid.uuid4(),
        by=owner,
        now=now,
    )
