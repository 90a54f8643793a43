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
from accounts.actions.repeats import Answer, KeyUsedBefore, answer_once, forget_answers
from accounts.actions.rulebooks import EditionChanged, adopt, digest_of, preview_adoption
from accounts.actions.sightings import NoSuchTier, note_fall, see_tier
from accounts.actions.standings import assess, reassess, reconcile, settle
from accounts.actions.tokens import Made, TokenRefused, Use, make_token, revoke_token, use_token
from accounts.actions.workspaces import open_home

__all__ = [
    "AccountFacts",
    "AccountRefused",
    "Answer",
    "EditionChanged",
    "FormUsedBefore",
    "KeyUsedBefore",
    "Made",
    "MailRefused",
    "NoSuchTier",
    "PaymentFacts",
    "PaymentRefused",
    "TokenRefused",
    "Use",
    "adopt",
    "answer_once",
    "archive_account",
    "assess",
    "change_profile",
    "confirm_requirement",
    "correct_payment",
    "digest_of",
    "edit_account",
    "facts_of",
    "forget_answers",
    "make_token",
    "move_account",
    "mute_kind",
    "note_cap_reached",
    "note_fall",
    "open_account",
    "open_home",
    "preview_adoption",
    "reassess",
    "reconcile",
    "record_payment",
    "resend_notice",
    "restore_account",
    "restore_payment",
    "revoke_token",
    "see_tier",
    "send_test_mail",
    "settle",
    "unmute_kind",
    "use_token",
    "void_payment",
]
