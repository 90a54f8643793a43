"""What tells which gate blocks: one row for each signal. A new signal is a new row, nothing else.

A row holds when one of its codes or one of its words is there, and everything else that it names, too. Rows are asked
from the top: what says more stands above what says less.
"""

from accounts.rules.doctor.signals import LIKELY, UNSURE, Signal

OPENAI_CODES = "OpenAI, API error codes, 2026"
OPENAI_BILLING = "OpenAI, help 6614457, 2026"
OPENAI_LIMITS = "OpenAI, rate limits guide, 2026"
OPENAI_VERIFY = "OpenAI, help 10910291, 2025"
ANTHROPIC = "Anthropic, errors and rate limits, 2026"
GOOGLE = "Google, Gemini API troubleshooting and rate limits, 2026"
PEOPLE = "reports of users"
RELAYS = "one-api and new-api, source code, 2025"

SIGNALS = (
    # the key belongs elsewhere
    Signal(
        "wrong_organization",
        OPENAI_CODES,
        codes=("mismatched_organization", "invalid_organization", "mismatched_project", "not_organization_member"),
        words=(
            "openai-organization header should match",
            "openai-project header should match",
            "must be a member of an organization to use the api",
            "no such organization",
        ),
    ),
    # models that are gone
    Signal("retired_model", OPENAI_CODES, codes=("model_deprecated", "model_retired", "deprecated_model")),
    Signal(
        "retired_model",
        OPENAI_CODES,
        words=(
            "has been deprecated",
            "has been shut down",
            "has been retired",
            "is no longer available",
            "is no longer supported",
        ),
        besides=("model",),
    ),
    # verification
    Signal(
        "verification",
        OPENAI_VERIFY,
        words=(
            "organization must be verified to",
            "must be verified to use the model",
            "must be verified to stream",
            "must be verified to generate",
        ),
    ),
    # the tier itself
    Signal(
        "tier",
        OPENAI_CODES,
        codes=("below_usage_tier",),
        words=("must qualify for at least usage tier",),
    ),
    Signal(
        "tier",
        ANTHROPIC,
        words=("long context beta is not yet available for this",),
        confidence=LIKELY,
    ),
    Signal(
        "tier",
        GOOGLE,
        words=("limit: 0",),
        besides=("free_tier",),
        providers=("google-gemini",),
        steps=("link_billing", "climb", "check_organization"),
        confidence=LIKELY,
    ),
    Signal(
        "tier",
        GOOGLE,
        words=("free tier is not available in your country",),
        steps=("link_billing", "check_organization"),
    ),
    # the cap that the provider sets on a month
    Signal(
        "cap",
        OPENAI_BILLING,
        codes=("organization_usage_limit_exceeded",),
        words=("reached its openai-assigned usage limit", "reached its approved usage limit"),
    ),
    Signal("cap", ANTHROPIC, codes=("enforced_spend_limit_reached",)),
    Signal(
        "cap",
        PEOPLE,
        words=("possibly due to reaching the monthly spending limit",),
        confidence=LIKELY,
        steps=("open_billing", "raise_cap", "ask_support"),
    ),
    Signal("cap", GOOGLE, words=("monthly spending cap", "monthly spend cap", "tier spend cap"), confidence=LIKELY),
    # limits that people set themselves
    Signal(
        "own_limit",
        OPENAI_BILLING,
        codes=("organization_spend_limit_exceeded", "project_spend_limit_exceeded", "billing_hard_limit_reached"),
        words=("billing hard limit has been reached",),
    ),
    Signal(
        "own_limit",
        ANTHROPIC,
        words=("you have reached your specified api usage limits", "specified workspace api usage limits"),
    ),
    Signal("own_limit", "OpenRouter, errors, 2026", words=("key limit exceeded",)),
    Signal(
        "own_limit", RELAYS, words=("令牌额度已用尽", "token quota is not enough"), steps=("raise_own_limit", "relay")
    ),
    # money
    Signal("balance", OPENAI_BILLING, codes=("credit_balance_exhausted",)),
    Signal("balance", ANTHROPIC, words=("credit balance is too low",)),
    Signal(
        "balance",
        RELAYS,
        codes=("insufficient_user_quota", "pre_consume_token_quota_failed"),
        words=("用户额度不足", "用户剩余额度不足", "余额不足", "额度不足"),
        steps=("add_credit", "relay"),
    ),
    Signal(
        "balance",
        "xAI, console, 2026",
        words=("used all available credits or reached its monthly spending limit",),
        confidence=LIKELY,
        steps=("add_credit", "raise_own_limit", "check_organization"),
    ),
    Signal("balance", "xAI, console, 2026", words=("doesn't have any credits",)),
    Signal(
        "balance",
        "DeepSeek, OpenRouter, SiliconFlow, error codes",
        words=("insufficient balance", "insufficient credits", "balance is insufficient"),
    ),
    Signal(
        "balance",
        OPENAI_CODES,
        codes=("billing_not_active",),
        words=("account is not active, please check your billing",),
        confidence=LIKELY,
    ),
    # what only Google says so: the same sentence is about money elsewhere
    Signal(
        "rate_limit",
        GOOGLE,
        words=("quota exceeded for metric", "perdayperproject", "perminuteperproject"),
        providers=("google-gemini",),
    ),
    Signal(
        "rate_limit",
        GOOGLE,
        codes=("resource_exhausted", "ratelimitexceeded"),
        words=("resource has been exhausted", "resource_exhausted"),
        confidence=LIKELY,
    ),
    Signal(
        "balance",
        OPENAI_CODES,
        codes=("insufficient_quota",),
        words=("exceeded your current quota, please check your plan and billing",),
        confidence=LIKELY,
        steps=("add_credit", "check_cap", "raise_own_limit", "check_organization"),
    ),
    Signal("balance", "HTTP", statuses=(402,), words=("",), confidence=LIKELY),
    # rates
    Signal(
        "rate_limit",
        OPENAI_LIMITS,
        words=("request too large for",),
        steps=("make_smaller", "climb"),
    ),
    Signal(
        "rate_limit",
        OPENAI_LIMITS,
        words=(
            "rate limit reached for",
            "rate limit exceeded for",
            "exceeded token rate limit",
            "exceeded call rate limit",
        ),
    ),
    Signal(
        "rate_limit",
        ANTHROPIC,
        words=(
            "would exceed your organization's rate limit",
            "would exceed the rate limit for your organization",
            "would exceed your organization’s rate limit",
            "per-minute rate limit",
            "daily rate limit",
        ),
    ),
    Signal("rate_limit", "xAI, console, 2026", words=("your team's rate limit is", "too many requests for team")),
    Signal("overload", "Mistral, errors", codes=("service_tier_capacity_exceeded",), confidence=LIKELY),
    Signal("overload", ANTHROPIC, codes=("overloaded_error",)),
    Signal(
        "overload",
        OPENAI_CODES,
        words=(
            "currently overloaded",
            "model is overloaded",
            "engine is overloaded",
            "experiencing high demand",
            "上游负载已饱和",
        ),
    ),
    Signal("rate_limit", OPENAI_CODES, codes=("slow_down",), steps=("slow_down",)),
    Signal("rate_limit", OPENAI_LIMITS, codes=("rate_limit_exceeded", "rate_limited")),
    Signal("rate_limit", ANTHROPIC, codes=("rate_limit_error", "too_many_requests"), is_broad=True),
    # who may ask at all
    Signal(
        "region",
        OPENAI_CODES,
        codes=("unsupported_country_region_territory",),
        words=("country, region, or territory not supported", "user location is not supported"),
    ),
    Signal(
        "no_access",
        OPENAI_CODES,
        words=("does not have access to model",),
        besides=("project",),
        confidence=LIKELY,
        steps=("check_project", "check_tier", "check_verification"),
    ),
    Signal("no_access", RELAYS, words=("无可用渠道",), steps=("relay", "check_spelling")),
    Signal(
        "no_access",
        OPENAI_CODES,
        codes=("model_not_found",),
        words=("does not exist or you do not have access",),
        confidence=UNSURE,
    ),
    Signal("no_access", ANTHROPIC, codes=("not_found_error",), besides=("model",), confidence=UNSURE),
    Signal("no_access", GOOGLE, words=("is not found for api version",), confidence=UNSURE),
    Signal(
        "key",
        OPENAI_CODES,
        codes=("invalid_api_key", "authentication_error", "api_key_invalid", "expired_api_key"),
        words=(
            "incorrect api key provided",
            "invalid x-api-key",
            "api key not valid",
            "missing scopes",
            "无效的令牌",
            "you didn't provide an api key",
        ),
    ),
    Signal(
        "request",
        OPENAI_CODES,
        codes=("context_length_exceeded", "string_above_max_length", "invalid_json"),
        words=("maximum context length", "prompt is too long"),
    ),
    Signal("request", OPENAI_CODES, codes=("unsupported_parameter", "unsupported_value"), is_broad=True),
    # what the status alone says
    Signal("rate_limit", "HTTP", statuses=(429,), words=("too many requests",), confidence=LIKELY),
    Signal("key", "HTTP", statuses=(401,), words=("",), confidence=LIKELY),
    Signal("overload", "HTTP", statuses=(500, 502, 503, 504, 529), words=("",), confidence=LIKELY),
)
