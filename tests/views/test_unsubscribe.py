"""Stopping mails of a kind from a mail: no sign-in, nothing on GET, one click by POST."""

import email
import email.policy

import pytest
from django.test import Client
from django.urls import reverse

from accounts import notices
from accounts.models import Delivery, Rulebook
from accounts.notices import compose, outbox
from tests.notices.post import ready_account

pytestmark = pytest.mark.django_db


def address(user, kind="upgrade_ready") -> str:
    return reverse("accounts:unsubscribe", args=[notices.unsubscribe.token(user, kind)])


@pytest.fixture
def stranger() -> Client:
    """A mail program: no sign-in, no cookies, no CSRF token."""
    return Client(enforce_csrf_checks=True)


def test_looking_changes_nothing(stranger, ann):
    for method in (stranger.get, stranger.head):
        assert method(address(ann)).status_code == 200
    ann.refresh_from_db()
    assert ann.muted_kinds == []


def test_the_one_click_of_a_mail_program_stops_that_kind_only(stranger, ann):
    for _ in range(2):
        response = stranger.post(address(ann), {"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200
    ann.refresh_from_db()
    assert ann.muted_kinds == ["upgrade_ready"]
    assert "have stopped" in response.content.decode()


def test_it_can_be_undone_at_once(stranger, ann):
    stranger.post(address(ann, "contact_support"))
    stranger.post(address(ann))
    for _ in range(2):
        stranger.post(address(ann), {"undo": "1"})
    ann.refresh_from_db()
    assert ann.muted_kinds == ["contact_support"]


def test_the_address_in_a_mail_works(stranger, ann, settings):
    ready_account(ann)
    delivery = outbox.with_circumstances(Delivery.objects.get().pk)
    content = compose.letter(delivery, Rulebook.objects.all().shelf()).content
    message = email.message_from_bytes(content, policy=email.policy.default)
    link = message["List-Unsubscribe"].strip(" <>")
    assert link.startswith(f"{settings.SITE_URL}/")
    assert link in message.get_body(("plain",)).get_content()
    stranger.post(link.removeprefix(settings.SITE_URL), {"List-Unsubscribe": "One-Click"})
    ann.refresh_from_db()
    assert ann.muted_kinds == ["upgrade_ready"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_wrong_token_does_not_exist(stranger, ann, method):
    good = notices.unsubscribe.token(ann, "upgrade_ready")
    other_kind = good.replace("upgrade_ready", "contact_support")
    for token in ("x", good[:-1], other_kind, f"{ann.pk}.upgrade_ready", "1.2.3.4", "中.x.y"):
        response = getattr(stranger, method)(reverse("accounts:unsubscribe", args=[token]))
        assert response.status_code == 404
    ann.refresh_from_db()
    assert ann.muted_kinds == []


def test_the_token_of_somebody_who_is_gone_does_not_exist(stranger, ann):
    held = address(ann)
    ann.memberships.all().delete()
    ann.delete()
    assert stranger.get(held).status_code == 404
