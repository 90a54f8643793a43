"""What is known of a provider's terms on several organizations, and where they stand. Load it with {% load terms %}."""

from dataclasses import dataclass

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.templatetags import slugs

register = template.Library()

ADDRESSES = {
    "anthropic": "https://www.anthropic.com/legal/commercial-terms",
    "fireworks": "https://fireworks.ai/terms-of-service",
    "google-gemini": "https://ai.google.dev/gemini-api/terms",
    "mistral": "https://mistral.ai/terms",
    "openai": "https://openai.com/policies/services-agreement/",
    "perplexity": "https://www.perplexity.ai/hub/legal/perplexity-api-terms-of-service",
    "xai": "https://x.ai/legal/terms-of-service-enterprise",
}
# Official words on how many organizations one may have: OpenAI's help page on organization verification.
KNOWN: dict[str, str | Promise] = {
    "openai": _("OpenAI verifies one organization per ID document in 90 days."),
}


@dataclass(frozen=True)
class Terms:
    """`known`: a sentence from the provider, or "". `address`: where the terms stand, or ""."""

    provider: rules.Provider
    scope: str
    known: str
    address: str


@register.filter
def terms(provider: rules.Provider) -> Terms:
    return Terms(
        provider=provider,
        scope=slugs.word(slugs.SCOPES, provider.scope),
        known=str(KNOWN.get(provider.id, "")),
        address=ADDRESSES.get(provider.id, ""),
    )
