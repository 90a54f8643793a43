"""The workshop: every write, one verb per function. The thing first, the rest by keyword, always `now`."""

from accounts.actions.accounts import (
    AccountFacts,
    AccountRefused,
    archive_account,
    confirm_requirement,
    edit_account,
    move_account,
    note_cap_reached,
    open_account,
    restore_account,
)
from accounts.actions.notices import MailRefused, mute_kind, resend_notice, send_test_mail, unmute_kind
from accounts.actions.payments import (
    FormUsedBefore,
    PaymentFacts,
    PaymentRefused,
    correct_payment,
    facts_of,
    record_payment,
    restore_payment,
    void_payment,
)
from accounts.actions.people import change_profile
from accounts.actions.relays import (
    Balance,
    RelayFacts,
    RelayRefused,
    archive_relay,
    edit_relay,
    note_relay_balance,
    open_relay,
    restore_relay,
)
from accounts.actions.rulebooks import EditionChanged, adopt, digest_of, preview_adoption
from accounts.actions.sightings import NoSuchTier, note_fall, see_tier
from accounts.actions.standings import assess, reassess, reconcile, settle
from accounts.actions.workspaces import open_home

__all__ = [
    "AccountFacts",
    "AccountRefused",
    "Balance",
    "EditionChanged",
    "FormUsedBefore",
    "MailRefused",
    "NoSuchTier",
    "PaymentFacts",
    "PaymentRefused",
    "RelayFacts",
    "RelayRefused",
    "adopt",
    "archive_account",
    "archive_relay",
    "assess",
    "change_profile",
    "confirm_requirement",
    "correct_payment",
    "digest_of",
    "edit_account",
    "edit_relay",
    "facts_of",
    "move_account",
    "mute_kind",
    "note_cap_reached",
    "note_fall",
    "note_relay_balance",
    "open_account",
    "open_home",
    "open_relay",
    "preview_adoption",
    "reassess",
    "reconcile",
    "record_payment",
    "resend_notice",
    "restore_account",
    "restore_payment",
    "restore_relay",
    "see_tier",
    "send_test_mail",
    "settle",
    "unmute_kind",
    "void_payment",
]
