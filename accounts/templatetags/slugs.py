"""The word for each slug that the database and the rules keep. Tables, and what makes filters of them."""

from collections.abc import Callable

from django.template import Library
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

Words = dict[str, str | Promise]

KINDS: Words = {
    "purchase": gettext_lazy("Purchase"),
    "auto_recharge": gettext_lazy("Auto-recharge"),
    "invoice": gettext_lazy("Invoice paid"),
    "grant": gettext_lazy("Grant"),
    "promo": gettext_lazy("Promotional credit"),
    "transfer": gettext_lazy("Transferred credit"),
    "refund": gettext_lazy("Refund"),
    "chargeback": gettext_lazy("Chargeback"),
}
STATUSES: Words = {
    "succeeded": gettext_lazy("Succeeded"),
    "pending": gettext_lazy("Pending"),
    "failed": gettext_lazy("Failed"),
    "void": gettext_lazy("Void"),
}
REASONS: Words = {
    "counts": gettext_lazy("counts"),
    "lowers": gettext_lazy("lowers the total"),
    "grant": gettext_lazy("does not count: a grant is no payment"),
    "promo": gettext_lazy("does not count: promotional credit is no payment"),
    "transfer": gettext_lazy("does not count: transferred credit is no payment"),
    "not_succeeded": gettext_lazy("does not count: it has not succeeded"),
    "refunded": gettext_lazy("does not count: it was paid back in full"),
    "undoes_dropped": gettext_lazy("no effect: the payment it takes back does not count"),
    "before_start": gettext_lazy("does not count: it is older than the rules that count"),
    "nothing_left": gettext_lazy("does not count: nothing is left of it after tax"),
    "not_yet": gettext_lazy("does not count yet: it lies ahead"),
}
REQUIREMENTS: Words = {
    "billing_linked": gettext_lazy("billing is linked"),
    "payment_method": gettext_lazy("a payment method is on file"),
    "organization_verified": gettext_lazy("the organization is verified"),
    "contract": gettext_lazy("a contract with the provider"),
    "request": gettext_lazy("a request to the provider"),
}
HINTS: Words = {
    "tax_unknown_near_gate": gettext_lazy(
        "The tax of some payments is unknown. If they include tax, less than shown may count, "
        "and a gate may still be open."
    ),
    "rate_near_gate": gettext_lazy(
        "Some payments were converted at a typed exchange rate. "
        "The provider's own rate may put the total on the other side of a gate."
    ),
    "no_room": gettext_lazy(
        "The provider may refuse this purchase: the balance is near its ceiling. Use some credit first, then pay."
    ),
    "cap_reached": gettext_lazy(
        "This month's spending cap is used up while a higher tier is due. Tell the provider's support both."
    ),
    "newer_edition": gettext_lazy("The provider has changed its rules since the edition that this account follows."),
}
METRICS: dict[str, tuple[str | Promise, str | Promise]] = {
    "rpm": ("RPM", gettext_lazy("requests per minute")),
    "rpd": ("RPD", gettext_lazy("requests per day")),
    "rps": ("RPS", gettext_lazy("requests per second")),
    "tpm": ("TPM", gettext_lazy("tokens per minute")),
    "tpd": ("TPD", gettext_lazy("tokens per day")),
    "itpm": ("ITPM", gettext_lazy("input tokens per minute")),
    "otpm": ("OTPM", gettext_lazy("output tokens per minute")),
    "ipm": ("IPM", gettext_lazy("images per minute")),
    "ipd": ("IPD", gettext_lazy("images per day")),
    "batch_queue_tokens": (gettext_lazy("Batch queue"), gettext_lazy("tokens that may wait in the batch queue")),
}
VARIANTS: Words = {
    "standard": pgettext_lazy("limits of a model", "standard"),
    "long-context": pgettext_lazy("limits of a model", "long context"),
    "ultrafast": pgettext_lazy("limits of a model", "ultrafast"),
}
SCOPES: Words = {
    "organization": pgettext_lazy("what limits belong to", "organization"),
    "billing account": pgettext_lazy("what limits belong to", "billing account"),
    "account": pgettext_lazy("what limits belong to", "account"),
}
ADVICES: Words = {
    "top_up": gettext_lazy("may upgrade now"),
    "contact_support": gettext_lazy("contact support"),
    "rechecking": gettext_lazy("being rechecked"),
    "settling": gettext_lazy("limits are following"),
    "wait": gettext_lazy("waiting"),
    "fund": gettext_lazy("pay for the next tier"),
    "ask_provider": gettext_lazy("ask the provider"),
    "top": gettext_lazy("top tier"),
}
STEPS: Words = {
    "payment_confirmed": gettext_lazy("the payment has succeeded"),
    "limits_checked": gettext_lazy("looked at the limits page in a private window"),
    "support_asked": gettext_lazy("asked the support"),
}
NOTICE_KINDS: Words = {
    "upgrade_ready": gettext_lazy("An upgrade is ready: a small top-up may trigger it"),
    "contact_support": gettext_lazy("An upgrade is overdue: ask the provider's support"),
    "tier_seen": gettext_lazy("The tier that the provider shows has changed"),
    "credit_expiring": gettext_lazy("Credit is about to expire"),
}
SOURCES: Words = {
    "person": pgettext_lazy("where a tier was seen", "typed in"),
    "probe": pgettext_lazy("where a tier was seen", "inferred by a probe"),
    "api": pgettext_lazy("where a tier was seen", "reported by a script"),
}
# What a token may do, by the strongest of its scopes.
TOKEN_SCOPES: Words = {
    "read": gettext_lazy("Read"),
    "record": gettext_lazy("Read, and record payments and sightings"),
    "write": gettext_lazy("Read and change everything that you may"),
}
ACCESSES: Words = {
    "open": pgettext_lazy("access to a model", "open"),
    "partner": pgettext_lazy("access to a model", "by agreement"),
    "expected": pgettext_lazy("access to a model", "announced"),
    "retired": pgettext_lazy("access to a model", "retired"),
}
CONFIDENCES: Words = {
    "high": pgettext_lazy("how sure a figure is", "sure"),
    "medium": pgettext_lazy("how sure a figure is", "fairly sure"),
    "low": pgettext_lazy("how sure a figure is", "not sure"),
}


def words_of(register: Library, name: str, table: Words) -> Callable[[str], str]:
    """Register the filter of this name, which gives the word of a slug in a table, and return it."""

    def word_of(slug: str) -> str:
        return word(table, slug)

    register.filter(name, word_of)
    return word_of


def word(table: Words, slug: str) -> str:
    """Return the word of a slug; a slug that a newer edition brought is shown as it is, not hidden."""
    return str(table[slug]) if slug in table else slug.replace("_", " ")
