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
from accounts.actions.diagnoses import attach_diagnosis
from accounts.actions.escalations import (
    EscalationRefused,
    reopen_escalation,
    resolve_escalation,
    snooze_escalation,
    tick_step,
    untick_step,
    wake_escalation,
)
from accounts.actions.evidence import record_evidence
from accounts.actions.feeds import close_feed, open_feed, renew_feed, restore_feed
from accounts.actions.following import follow, running_plans
from accounts.actions.leaving import Leaving, LeavingRefused, delete_person, what_leaving_does
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
from accounts.actions.plans import PlanRefused, adopt_plan, drop_plan, plans_for
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
from accounts.actions.repeats import Answer, KeyUsedBefore, answer_once, forget_answers
from accounts.actions.restoring import restore_workspace
from accounts.actions.rulebooks import EditionChanged, adopt, digest_of, preview_adoption
from accounts.actions.sightings import NoSuchTier, NotTheLatest, note_fall, see_tier, withdraw_sighting
from accounts.actions.standings import assess, reassess, reconcile, settle
from accounts.actions.tokens import Made, TokenRefused, Use, make_token, revoke_token, use_token
from accounts.actions.workspaces import open_home

__all__ = [
    "AccountFacts",
    "AccountRefused",
    "Answer",
    "Balance",
    "EditionChanged",
    "EscalationRefused",
    "FormUsedBefore",
    "KeyUsedBefore",
    "Leaving",
    "LeavingRefused",
    "Made",
    "MailRefused",
    "NoSuchTier",
    "NotTheLatest",
    "PaymentFacts",
    "PaymentRefused",
    "PlanRefused",
    "RelayFacts",
    "RelayRefused",
    "TokenRefused",
    "Use",
    "adopt",
    "adopt_plan",
    "answer_once",
    "archive_account",
    "archive_relay",
    "assess",
    "attach_diagnosis",
    "change_profile",
    "close_feed",
    "confirm_requirement",
    "correct_payment",
    "delete_person",
    "digest_of",
    "drop_plan",
    "edit_account",
    "edit_relay",
    "facts_of",
    "follow",
    "forget_answers",
    "make_token",
    "move_account",
    "mute_kind",
    "note_cap_reached",
    "note_fall",
    "note_relay_balance",
    "open_account",
    "open_feed",
    "open_home",
    "open_relay",
    "plans_for",
    "preview_adoption",
    "reassess",
    "reconcile",
    "record_evidence",
    "record_payment",
    "renew_feed",
    "reopen_escalation",
    "resend_notice",
    "resolve_escalation",
    "restore_account",
    "restore_feed",
    "restore_payment",
    "restore_relay",
    "restore_workspace",
    "revoke_token",
    "running_plans",
    "see_tier",
    "send_test_mail",
    "settle",
    "snooze_escalation",
    "tick_step",
    "unmute_kind",
    "untick_step",
    "use_token",
    "void_payment",
    "wake_escalation",
    "what_leaving_does",
    "withdraw_sighting",
]
