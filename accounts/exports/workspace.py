"""The schema of a workspace as one document: every field of everything in it, with what it says."""

from django.conf import settings

from accounts import notices, rules
from accounts.exports.attached import FILE, RECEIPT
from accounts.exports.imported import IMPORT as IMPORT
from accounts.exports.inside import BaseUrl, Before, Email, Instants, PlanDocument, Wish, Zone
from accounts.exports.kinds import (
    NOBODY,
    PERSON_NUMBER,
    Amount,
    Day,
    Facts,
    Flag,
    Instant,
    Key,
    Line,
    ListOf,
    OneOf,
    Past,
    Whole,
    Words,
)
from accounts.exports.shape import Field, Shape, stored
from accounts.models.escalation import HOWS, LONGEST_TICKET
from accounts.models.notice import MOST_ATTEMPTS, MOST_DOUBTS, SENDING, STATUSES
from accounts.models.plan import OUTCOMES
from accounts.models.workspace import ROLES

NAME, VERSION = "tierdash.workspace", 2
SCHEMA = f"{NAME}/{VERSION}"
# Without the bytes of its files, which are read one by one.
MOST_BYTES = 64 * 1024 * 1024

TIER, SLUG, EDITION = Line(40, 1), Line(20, 1), Line(80, 1)

PERSON = Shape(
    "person",
    "Somebody who is named in the document. No password, no session, no token: people who are new where it is restored "
    "choose a password by “Forgot your password?”.",
    (
        Field("number", PERSON_NUMBER, "by which the rest of the document names the person"),
        stored("email", Email(), "what the person signs in with; null: somebody who has left", nullable=True),
        stored("name", Line(100), "the name on screen"),
        stored("language", OneOf(tuple(code for code, _name in settings.LANGUAGES)), "a language code, for mails"),
        stored("time_zone", Zone(), "an IANA name, for mails"),
        stored("muted_kinds", ListOf(Line(40, 1)), "the notices that the person wants no mail of"),
        stored("is_active", Flag(), "whether the person may sign in"),
    ),
)
MEMBER = Shape(
    "member",
    "Who belongs to the workspace.",
    (
        Field("person", PERSON_NUMBER, "the person's number"),
        stored("role", OneOf(ROLES), "what they may do"),
    ),
)
RULEBOOK = Shape(
    "rulebook",
    "An adopted edition that something in the document refers to.",
    (
        stored("id", EDITION, "such as `openai/2025-05`"),
        stored("digest", Line(64, 64), "SHA-256 of the edition's canonical JSON without its translations"),
        stored("adopted_at", Past(), "when the instance took it over"),
        stored("document", Facts(), "the edition itself"),
    ),
)
PAYMENT = Shape(
    "payment",
    "One line of the ledger, in the order of entry.",
    (
        stored("uid", Key(), "the line's name outside"),
        stored("kind", OneOf(rules.KINDS), "what it is"),
        stored("status", OneOf(rules.STATUSES), "what became of it"),
        stored("gross", Amount(16, 4), "the amount in `currency`"),
        stored("tax", Amount(16, 4), "the tax in it; null: unknown", nullable=True),
        stored("currency", Line(3, 3), "three capital letters"),
        stored("rate", Amount(20, 10), "USD for one unit of the currency", nullable=True),
        stored("paid_at", Past(), "when it was paid"),
        stored("is_day_only", Flag(), "whether only the day is known"),
        Field("undoes", Key(), "the uid of the payment that it takes back", is_nullable=True),
        stored("reference", Line(100), "such as the number of an invoice"),
        stored("note", Words(500), "a note"),
        stored(
            "expires_on",
            Day(),
            "the last day on which its credit can be used; null: what the provider's rule says",
            nullable=True,
            since=2,
        ),
        stored("form_key", Key(), "the key of the form that recorded it"),
        stored("came_by", Key(), "the import that brought it", nullable=True, column="came_by_id", since=2),
        Field("recorded_by", PERSON_NUMBER, f"the number of who entered it; {NOBODY}", is_nullable=True),
        stored("recorded_at", Past(), "when it was entered"),
        stored("changed_at", Past(), "when it was changed last"),
        Field("receipts", ListOf(RECEIPT), "the files that prove it", since=2, without=[]),
    ),
)
SIGHTING = Shape(
    "sighting",
    "One look at the tier that the provider shows.",
    (
        Field("number", PERSON_NUMBER, "by which the account's notices name it"),
        stored("rulebook", EDITION, "the edition of the tier", column="rulebook_id"),
        stored("tier", TIER, "the tier that was shown"),
        stored("source", SLUG, "who said so"),
        stored("change", SLUG, "`first`, `same`, `rose`, `fell`, `moved` or `withdrawn`"),
        stored("seen_at", Past(), "when it was shown"),
        stored("before", Before(), "what the account said of its tier until then"),
        Field("recorded_by", PERSON_NUMBER, f"the number of who entered it; {NOBODY}", is_nullable=True),
        stored("recorded_at", Past(), "when it was entered"),
    ),
)
TICK = Shape(
    "tick",
    "A step of the path that somebody said is done.",
    (
        Field("step", Line(40, 1), "the step"),
        Field("at", Past(), "when they said so"),
        Field("by", PERSON_NUMBER, "the person's number"),
    ),
)
ESCALATION = Shape(
    "escalation",
    "How people climb the path of an episode.",
    (
        stored("started_at", Past(), "since when the tier is within reach"),
        stored("triggered_at", Past(), "when the top-up was made that may trigger it", nullable=True),
        stored("is_topped_up", Flag(), "whether that was a payment made for it"),
        Field("ticks", ListOf(TICK), "the steps that were said to be done"),
        stored("ticket_ref", Line(LONGEST_TICKET), "the number of the support's ticket"),
        stored("snoozed_until", Instant(), "until when it rests", nullable=True),
        stored("resolved_at", Past(), "when it ended", nullable=True),
        stored("how", OneOf(("", *HOWS)), "how it ended"),
    ),
)
EPISODE = Shape(
    "episode",
    "A stretch in which a tier was within reach.",
    (
        stored("id", Key(), "its name in this document and in the database"),
        stored("rulebook", EDITION, "the edition of the tier", column="rulebook_id"),
        stored("tier", TIER, "the tier"),
        stored("started_at", Past(), "when it began"),
        stored("ended_at", Past(), "when it ended", nullable=True),
        Field("escalation", ESCALATION, "its path; null: none", is_nullable=True),
    ),
)
PLAN = Shape(
    "plan",
    "An adopted plan.",
    (
        stored("rulebook", EDITION, "the edition that it was made by", column="rulebook_id"),
        stored("tier", TIER, "the tier that it leads to"),
        stored("kind", OneOf(rules.PLAN_KINDS), "which of the ways it is"),
        stored("wish", Wish(), "what it was made for"),
        stored("document", PlanDocument(), "the plan itself"),
        stored("adopted_at", Past(), "when it was adopted"),
        Field("adopted_by", PERSON_NUMBER, f"the number of who adopted it; {NOBODY}", is_nullable=True),
        stored("left_at", Past(), "when reality was first seen to have left it", nullable=True),
        stored("left_why", Line(20), "why"),
        stored("ended_at", Past(), "when it ended", nullable=True),
        stored("outcome", OneOf(("", *OUTCOMES)), "how it ended"),
        stored("form_key", Key(), "the key of the form that adopted it"),
    ),
)
EVENT = Shape(
    "event",
    "What happened to the account, in the order in which it was written down.",
    (
        stored("kind", Line(40, 1), "what happened"),
        stored("at", Past(), "when"),
        Field("by", PERSON_NUMBER, "the number of who did it; null: time alone", is_nullable=True),
        stored("facts", Facts(), "before and after"),
    ),
)
DELIVERY = Shape(
    "delivery",
    "One mail of a notice, or one message of it through a channel, and what became of it. One that was on its way is "
    "written as it would be after a crash: "
    "waiting when it had certainly not left, uncertain when it may have.",
    (
        stored("id", Key(), "its name, which is also in the mail's Message-ID"),
        stored("channel", SLUG, "`mail`, `webhook` or `chat`"),
        stored("address", Line(254, 1), "where it went; of a channel its name and host, for its address is a secret"),
        stored("copy", Whole(0, 1000), "0, or which further copy somebody asked for"),
        Field("status", OneOf(tuple(status for status in STATUSES if status != SENDING)), "what became of it"),
        stored("attempts", Whole(0, MOST_ATTEMPTS), "how often it was tried"),
        Field("doubts", Whole(0, MOST_DOUBTS), "how often nobody knows whether it left"),
        stored("next_at", Instant(), "when it is tried next"),
        stored("sent_at", Past(), "when it was accepted", nullable=True),
        stored("last_code", Line(20), "what was answered"),
        stored("last_error", Words(500), "the same in words"),
        stored("created_at", Past(), "when it was made"),
    ),
)
NOTICE = Shape(
    "notice",
    "Something that people were told.",
    (
        stored("id", Key(), "its name"),
        stored("kind", OneOf(tuple(notices.KINDS)), "what it says"),
        stored("rulebook", EDITION, "the edition of the tier", column="rulebook_id"),
        stored("tier", TIER, "the tier that it is about"),
        stored("episode", Key(), "the episode that it is about", nullable=True, column="episode_id"),
        Field("sighting", PERSON_NUMBER, "the number of the sighting that it is about", is_nullable=True),
        stored("expires_on", Day(), "the first day on which credit that it is about expires", nullable=True, since=2),
        Field("recipient", PERSON_NUMBER, "the person's number"),
        stored("facts", Facts(), "what was true when it was raised"),
        stored("created_at", Past(), "when it was raised"),
        Field("deliveries", ListOf(DELIVERY), "its mails, and its messages through channels"),
    ),
)
ACCOUNT = Shape(
    "account",
    "An account with its whole history.",
    (
        stored("id", Key(), "its name in addresses and in the database"),
        stored("name", Line(100, 1), "the name on screen; among accounts not in the archive there is one of it"),
        stored("rulebook", EDITION, "the edition that it is judged by", column="rulebook_id"),
        stored("follows_provider", Flag(), "whether it moves to the edition in force"),
        stored("organization_ref", Line(100), "the organization's id at the provider"),
        stored("seen_tier", TIER, "the tier that the provider shows"),
        stored("seen_source", SLUG, "who said so"),
        stored("seen_at", Past(), "when"),
        stored("seen_rose_at", Past(), "when it last rose", nullable=True),
        stored("fell_from", Line(40), "the tier that it fell from, while nobody took note"),
        stored("fell_at", Past(), "when it fell", nullable=True),
        stored("goal", Wish(), "what the account is to reach"),
        stored("notes", Words(5000), "notes"),
        stored("confirmed", Instants(), "when somebody said that a requirement is met"),
        stored("room_usd", Amount(14, 2), "how much more the provider lets it buy now", nullable=True),
        stored("cap_reached_at", Past(), "when this month's cap was said to be used up", nullable=True),
        stored("archived_at", Past(), "since when it is in the archive", nullable=True),
        stored("created_at", Past(), "when it was opened"),
        stored("form_key", Key(), "the key of the form that opened it"),
        Field("payments", ListOf(PAYMENT), "the ledger"),
        Field("sightings", ListOf(SIGHTING), "the tiers that the provider showed"),
        Field("episodes", ListOf(EPISODE), "the tiers that were within reach"),
        Field("plans", ListOf(PLAN), "the adopted plans"),
        Field("events", ListOf(EVENT), "the history"),
        Field("notices", ListOf(NOTICE), "what people were told"),
    ),
)
RELAY_EVENT = Shape(
    "relay event", "What happened to the relay, in the order in which it was written down.", EVENT.fields
)
RELAY = Shape(
    "relay",
    "A reseller with an OpenAI-compatible address. Keys are never kept, so none is here.",
    (
        stored("id", Key(), "its name in addresses and in the database"),
        stored("name", Line(100, 1), "the name on screen; among relays not in the archive there is one of it"),
        stored("base_url", BaseUrl(), "where it answers"),
        stored("model_ids", ListOf(Line(rules.MOST_MODEL, 1)), "the models that it offers, by its own names"),
        stored("balance", Amount(14, 4), "what it showed, in `currency`; null: nobody has looked", nullable=True),
        stored("currency", Line(3, 3), "three capital letters"),
        stored("balance_seen_at", Past(), "when it showed that", nullable=True),
        stored("expires_on", Day(), "the last day on which the balance can be used", nullable=True),
        stored("bridges", Key(), "the account for which it stands in", nullable=True, column="bridges_id"),
        stored("bridge_tier", Line(40), "until that has this tier"),
        stored("bridge_model", Line(80), "or this model"),
        stored("notes", Words(5000), "notes"),
        stored("archived_at", Past(), "since when it is in the archive", nullable=True),
        stored("created_at", Past(), "when it was opened"),
        stored("form_key", Key(), "the key of the form that opened it"),
        Field("events", ListOf(RELAY_EVENT), "its history"),
    ),
)
HOME = Shape(
    "workspace",
    "The workspace itself.",
    (
        stored("id", Key(), "its name in the database"),
        stored("name", Line(100, 1), "the name on screen"),
        stored("created_at", Past(), "when it was opened"),
    ),
)
DOCUMENT = Shape(
    "document",
    "A workspace of tierdash, whole.",
    (
        Field("schema", OneOf((SCHEMA,)), "what this is, and its version"),
        Field("exported_at", Past(), "when it was written"),
        Field("workspace", HOME, "the workspace"),
        Field("people", ListOf(PERSON), "everybody whom the document names"),
        Field("members", ListOf(MEMBER), "who belongs to the workspace"),
        Field("rulebooks", ListOf(RULEBOOK), "the rules that it is judged by"),
        Field("accounts", ListOf(ACCOUNT), "the accounts"),
        Field("imports", ListOf(IMPORT), "where payments came from", since=2, without=[]),
        Field("relays", ListOf(RELAY), "the resellers"),
        Field("files", ListOf(FILE), "what the receipts hold", since=2, without=[]),
    ),
)
SHAPES = (
    DOCUMENT, HOME, PERSON, MEMBER, RULEBOOK, ACCOUNT, PAYMENT, RECEIPT, SIGHTING, EPISODE, ESCALATION, TICK, PLAN,
    EVENT, NOTICE, DELIVERY, IMPORT, RELAY, RELAY_EVENT, FILE,
)  # fmt: skip
