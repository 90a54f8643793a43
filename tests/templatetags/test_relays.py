"""The history of a relay in words, also of one whose facts a document brought."""

import pytest

from accounts.models import RelayEvent
from accounts.templatetags.relays import relay_happened


@pytest.mark.parametrize(
    ("kind", "facts", "says"),
    [
        ("relay_opened", {"base_url": "https://relay.example/v1", "models": 2}, "Added with the address https://relay"),
        ("relay_archived", {}, "Put into the archive"),
        ("relay_sold", {}, "relay sold"),
        ("relay_opened", {}, "relay opened"),
        ("relay_opened", {"pattern": "x"}, "relay opened"),
        ("relay_edited", {"changed": None}, "relay edited"),
        ("balance_noted", {"after": None}, "balance noted"),
        ("balance_noted", {"after": {"balance": "much", "currency": "USD", "seen_at": "then"}}, "balance noted"),
    ],
)
def test_what_came_from_elsewhere_is_told_by_its_kind(kind, facts, says):
    assert str(relay_happened(RelayEvent(kind=kind, facts=facts))).startswith(says)
