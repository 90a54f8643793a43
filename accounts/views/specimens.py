"""Examples to try the error doctor with: invented answers in the shapes that people paste."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SPECIMENS: dict[str, tuple[str | Promise, str]] = {
    "headers": (
        _("Headers"),
        """$ curl -i https://api.openai.com/v1/chat/completions -H "Authorization: Bearer $OPENAI_API_KEY"
HTTP/2 200
content-type: application/json
openai-organization: org-Kq7dEu01
x-ratelimit-limit-requests: 5000
x-ratelimit-limit-tokens: 800000
x-ratelimit-remaining-requests: 4999
x-ratelimit-remaining-tokens: 799321
x-ratelimit-reset-requests: 12ms
x-ratelimit-reset-tokens: 50ms
x-request-id: req_5f0c1d7a9b3e

{"object": "chat.completion", "model": "gpt-4o-2024-08-06"}
""",
    ),
    "rate-limit": (
        _("Rate limit"),
        "openai.RateLimitError: Error code: 429 - {'error': {'message': 'Rate limit reached for gpt-4o-mini in "
        "organization org-Kq7dEu01 on requests per day (RPD): Limit 10000, Used 10000, Requested 1. Please try again "
        "in 8m38.4s.', 'type': 'requests', 'param': None, 'code': 'rate_limit_exceeded'}}\n",
    ),
    "tier": (
        _("Tier"),
        """{
  "error": {
    "message": "Your organization must qualify for at least usage tier 5 to access 'o1-preview'.",
    "type": "invalid_request_error",
    "param": "model",
    "code": "below_usage_tier"
  }
}
""",
    ),
    "cap": (
        _("Monthly cap"),
        """HTTP/1.1 429 Too Many Requests
anthropic-organization-id: 7b0f4c52-3d7e-4a64-9c1e-51d2c6a0b9aa
request-id: req_011CTq5fN2b7Ub

{"type": "error", "error": {"type": "rate_limit_error", "message": "The monthly spend limit is enforced.",
 "details": {"error_code": "enforced_spend_limit_reached"}}}
""",
    ),
    "unclear": (_("Unclear"), "Request failed after 3 attempts, giving up. See the log for details.\n"),
}
