"""Texts as people paste them, and the gate that each one tells. Invented, around the documented codes and words."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from accounts.gateways import published
from accounts.rules import doctor
from accounts.rules.doctor import MARK, diagnose
from accounts.rules.doctor.signals import BLOCKING, OTHER
from accounts.rules.doctor.table import SIGNALS

AT = datetime(2026, 11, 18, 9, 41, tzinfo=UTC)
EDITIONS = list(published.editions().values())
ORG = "org-Kq7dEu01AbCdEf"


def read(text, *, edition="", **facts):
    return diagnose(text, at=AT, editions=EDITIONS, edition=published.edition(edition) if edition else None, **facts)


def body(message, **error):
    """An error as the wire has it."""
    return json.dumps({"error": {"message": message, "type": "invalid_request_error", "param": None} | error})


def raised(status, message, library="openai", name="RateLimitError", **error):
    """The same as Python shows it."""
    return f"{library}.{name}: Error code: {status} - " + str({"error": {"message": message} | error})


def answered(status, headers, content):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n{content}"


def verbose(status, headers, content):
    """curl -v."""
    lines = "".join(f"< {name}: {value}\n" for name, value in headers.items())
    return f"> POST /v1/chat/completions HTTP/2\n> Host: api.openai.com\n>\n< HTTP/2 {status}\n{lines}<\n{content}"


def claude(message, kind, **more):
    return json.dumps(
        {"type": "error", "error": {"type": kind, "message": message} | more, "request_id": "req_011CTq5"}
    )


GEMINI_DAY = json.dumps(
    {
        "error": {
            "code": 429,
            "message": "You exceeded your current quota, please check your plan and billing details. * Quota exceeded "
            "for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 250\n"
            "Please retry in 34.07s.",
            "status": "RESOURCE_EXHAUSTED",
            "details": [
                {
                    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                    "violations": [
                        {
                            "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
                            "quotaDimensions": {"model": "gemini-2.5-flash"},
                            "quotaValue": "250",
                        }
                    ],
                }
            ],
        }
    }
)
# (what was pasted, gate, how sure, provider)
TEXTS = {
    # tier
    "tier as JSON": (
        body(
            "The organization must qualify for at least usage tier 5 to access 'o1-preview'.", code="below_usage_tier"
        ),
        *("tier", "sure", "openai"),
    ),
    "tier as an exception": (
        raised(400, "You must qualify for at least usage tier 3 to access 'o3-mini'.", name="BadRequestError"),
        *("tier", "sure", "openai"),
    ),
    "tier, cut off": (
        '{"error": {"code": "below_usage_tier", "message": "Your organization must qu',
        *("tier", "sure", ""),
    ),
    "tier by a long context": (
        claude("The long context beta is not yet available for this subscription.", "invalid_request_error"),
        *("tier", "likely", ""),
    ),
    "a model that the free tier has no share of": (
        "google.genai.errors.ClientError: 429 RESOURCE_EXHAUSTED. Quota exceeded for metric: "
        "generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 0, model: gemini-3-pro-preview",
        *("tier", "likely", "google-gemini"),
    ),
    "no free tier in the country": (
        body("Gemini API free tier is not available in your country. Link billing.", status="FAILED_PRECONDITION"),
        *("tier", "sure", ""),
    ),
    # verification
    "verification with a status line": (
        answered("403 Forbidden", {}, body("Your organization must be verified to use the model `gpt-image-1`.")),
        *("verification", "sure", "openai"),
    ),
    "verification to stream": (
        raised(
            400, "Your organization must be verified to stream this model.", code="unsupported_value", param="stream"
        ),
        *("verification", "sure", ""),
    ),
    # cap
    "cap by OpenAI": (
        answered(
            "429 Too Many Requests",
            {},
            body("No.", type="insufficient_quota", code="organization_usage_limit_exceeded"),
        ),
        *("cap", "sure", ""),
    ),
    "cap by Anthropic": (
        answered(
            "429 Too Many Requests",
            {"anthropic-organization-id": "7b0f4c52-3d7e-4a64-9c1e-51d2c6a0b9aa"},
            claude("Spending is over.", "rate_limit_error", details={"error_code": "enforced_spend_limit_reached"}),
        ),
        *("cap", "sure", "anthropic"),
    ),
    "cap or unpaid": (
        "412 from https://api.fireworks.ai/inference/v1/chat/completions: the account is suspended, possibly due to "
        "reaching the monthly spending limit or an unpaid invoice",
        *("cap", "likely", "fireworks"),
    ),
    # own limit
    "own limit of the project": (
        body("The project is over its limit.", code="project_spend_limit_exceeded"),
        *("own_limit", "sure", ""),
    ),
    "own limit of the organization": (
        raised(429, "Over.", type="insufficient_quota", code="organization_spend_limit_exceeded"),
        *("own_limit", "sure", ""),
    ),
    "own hard limit of old": (
        body("Billing hard limit has been reached", code="billing_hard_limit_reached"),
        *("own_limit", "sure", ""),
    ),
    "own limit at Anthropic": (
        "anthropic.BadRequestError: Error code: 400 - {'type': 'error', 'error': {'type': 'invalid_request_error', "
        "'message': 'You have reached your specified API usage limits. "
        "You will regain access on 2026-12-01 at 00:00 UTC.'}}",
        *("own_limit", "sure", "anthropic"),
    ),
    "the limit of a relay's token": ("该令牌额度已用尽 (request id: 202611180941)", "own_limit", "sure", "relay"),
    "own limit at OpenRouter": (
        "403 from openrouter: https://openrouter.ai/api/v1/chat/completions Key limit exceeded (total limit)",
        *("own_limit", "sure", "openrouter"),
    ),
    # balance
    "balance by its own code": (
        verbose(
            429,
            {"openai-organization": ORG},
            body("No credit.", type="insufficient_quota", code="credit_balance_exhausted"),
        ),
        *("balance", "sure", "openai"),
    ),
    "balance by the old code": (
        raised(
            429,
            "You exceeded your current quota, please check your plan and billing details.",
            type="insufficient_quota",
            code="insufficient_quota",
        ),
        *("balance", "likely", ""),
    ),
    "balance at Anthropic": (
        claude("Your credit balance is too low to access the API.", "invalid_request_error"),
        *("balance", "sure", ""),
    ),
    "balance at xAI": (
        '403 "Your team 16f2151a-40f4-4a80-8ad0-cae00c27e8dd has either used all available credits or reached its '
        'monthly spending limit." model: grok-4',
        *("balance", "likely", "xai"),
    ),
    "balance at DeepSeek": (
        "POST https://api.deepseek.com/chat/completions 402 Payment Required: Insufficient Balance",
        *("balance", "sure", "deepseek"),
    ),
    "balance by the status alone": ("HTTP/1.1 402 Payment Required\n\n{}", "balance", "likely", ""),
    "balance of a relay in Chinese": (
        '请求失败了：{"error":{"message":"用户额度不足, 剩余额度: ＄0.02","type":"new_api_error"}}，怎么办？',
        *("balance", "sure", "relay"),
    ),
    "balance of SiliconFlow": (
        '{"code":30001,"message":"Sorry, your account balance is insufficient","data":null} https://api.siliconflow.cn/v1',
        *("balance", "sure", "siliconflow"),
    ),
    "billing not active": (
        body("Your account is not active, please check your billing details.", code="billing_not_active"),
        *("balance", "likely", ""),
    ),
    # rate limit
    "rate limit with its figures": (
        raised(
            429,
            f"Rate limit reached for gpt-4o in organization {ORG} on tokens per min (TPM): Limit 30000, Used 28432, "
            "Requested 3120. Please try again in 3.104s.",
            type="tokens",
            code="rate_limit_exceeded",
        ),
        *("rate_limit", "sure", "openai"),
    ),
    "one request that is too large": (
        body(
            f"Request too large for gpt-4o in organization {ORG} on tokens per min (TPM): Limit 30000, Requested 41000",
            type="tokens",
            code="rate_limit_exceeded",
        ),
        *("rate_limit", "sure", "openai"),
    ),
    "images a minute": (
        body(f"Rate limit exceeded for images per minute in organization {ORG}. Limit: 5/1min. Current: 6/1min."),
        *("rate_limit", "sure", ""),
    ),
    "rate limit at Anthropic": (
        claude(
            "This request would exceed the rate limit for your organization (7b0f4c52-3d7e-4a64-9c1e-51d2c6a0b9aa) of "
            "30,000 input tokens per minute.",
            "rate_limit_error",
        ),
        *("rate_limit", "sure", ""),
    ),
    "rate limit in a stream": (
        'event: error\ndata: {"type":"error","error":{"type":"rate_limit_error","message":"Number of requests is '
        'over the per-minute rate limit"}}\n\n',
        *("rate_limit", "sure", ""),
    ),
    "a day's quota at Google": (GEMINI_DAY, "rate_limit", "sure", "google-gemini"),
    "a quota at Google without figures": (
        "ClientError: 429 RESOURCE_EXHAUSTED. {'error': {'code': 429, 'message': 'Resource has been exhausted "
        "(e.g. check quota).', 'status': 'RESOURCE_EXHAUSTED'}}",
        *("rate_limit", "likely", ""),
    ),
    "rate limit at Azure": (
        "Requests to the ChatCompletions_Create operation under Azure OpenAI have exceeded token rate limit of your "
        "tier. Please retry after 24 seconds.",
        *("rate_limit", "sure", "azure"),
    ),
    "rate limit at xAI": (
        "Too many requests for team 7b0f4c52 and model grok-4. Your team's rate limit is: Requests per Minute "
        "(actual/limit): 481/480, Tokens per Minute (actual/limit): 12000/2000000.",
        *("rate_limit", "sure", "xai"),
    ),
    "a status line and nothing else": ("HTTP/2 429 Too Many Requests", "rate_limit", "likely", ""),
    "the bare code in somebody's words": ("what does rate_limit_exceeded mean?", "rate_limit", "likely", ""),
    "slow down": (body("Slow down.", type="rate_limit_error", code="slow_down"), "rate_limit", "sure", ""),
    # wrong organization
    "no member": (
        answered("401 Unauthorized", {}, body("You must be a member of an organization to use the API.")),
        *("wrong_organization", "sure", ""),
    ),
    "a header of another organization": (
        body("OpenAI-Organization header should match organization for API key", code="mismatched_organization"),
        *("wrong_organization", "sure", ""),
    ),
    "no such organization": (body("No such organization: org-0123456789"), "wrong_organization", "sure", ""),
    # retired models
    "a deprecated model": (
        raised(
            404,
            "The model `gpt-4-32k-0314` has been deprecated, learn more there.",
            name="NotFoundError",
            code="model_not_found",
        ),
        *("retired_model", "sure", "openai"),
    ),
    "a retired model at Google": (
        body("models/gemini-1.0-pro is no longer available. Use a newer model.", code=404),
        *("retired_model", "sure", "google-gemini"),
    ),
    # no gate of the tier
    "a model that is closed or not there": (
        body("The model `gpt-6-sol` does not exist or you do not have access to it.", code="model_not_found"),
        *("no_access", "unsure", "openai"),
    ),
    "a project without the model": (
        body("Project `proj_0123456789` does not have access to model `gpt-4o`", code="model_not_found"),
        *("no_access", "likely", "openai"),
    ),
    "no channel of a relay": (
        '{"error":{"message":"当前分组 default 下对于模型 gpt-4o 无可用渠道","type":"new_api_error"}}',
        *("no_access", "sure", "relay"),
    ),
    "a wrong key": (
        answered(
            "401 Unauthorized",
            {"content-type": "application/json"},
            body("Incorrect API key provided: sk-proj-abcdefgh12345678.", code="invalid_api_key"),
        ),
        *("key", "sure", ""),
    ),
    "a wrong key at Anthropic": (claude("invalid x-api-key", "authentication_error"), "key", "sure", ""),
    "unauthorized and no more": ("HTTP/1.1 401 Unauthorized\nserver: nginx\n", "key", "likely", ""),
    "a region": (
        answered(
            "403 Forbidden",
            {},
            body("Country, region, or territory not supported", code="unsupported_country_region_territory"),
        ),
        *("region", "sure", ""),
    ),
    "overloaded": (claude("Overloaded", "overloaded_error"), "overload", "sure", ""),
    "a bad gateway": ("<html><title>502 Bad Gateway</title>\nHTTP/1.1 502 Bad Gateway", "overload", "likely", ""),
    "too much context": (
        body("This model's maximum context length is 128000 tokens.", code="context_length_exceeded"),
        *("request", "sure", ""),
    ),
    # limits without an error
    "headers alone": (
        "x-ratelimit-limit-requests: 10000\nx-ratelimit-remaining-requests: 9999\nx-ratelimit-limit-tokens: 200000\n",
        *("none", "likely", ""),
    ),
    "a whole answer": (
        verbose(200, {"x-ratelimit-limit-tokens": "450000", "openai-organization": ORG}, '{"model": "gpt-4o"}'),
        *("none", "sure", "openai"),
    ),
    # nothing that can be told
    "a sentence": ("It worked yesterday.", "unknown", "unsure", ""),
    "an error of another kind": ("ConnectionResetError: [Errno 104] Connection reset by peer", "unknown", "unsure", ""),
    "a picture": ("😀🙈" * 40, "unknown", "unsure", ""),
    "a forbidden page": ("HTTP/1.1 403 Forbidden\nserver: nginx", "unknown", "unsure", ""),
    "blanks": ("  \n\t ", "unknown", "unsure", ""),
    "half of a JSON": ('{"error": {"message": "Som', "unknown", "unsure", ""),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_tells_its_gate(name):
    text, gate, confidence, provider = TEXTS[name]
    result = read(text)
    assert (result.gate, result.confidence, result.provider) == (gate, confidence, provider)
    assert result.steps or gate == "none"
    assert result.is_known == (gate != "unknown")
    assert result.evidence or gate in ("none", "unknown")


def test_every_gate_has_a_text_and_every_text_stays_the_same_without_its_secrets():
    assert {gate for _text, gate, *_rest in TEXTS.values()} == {*BLOCKING, *OTHER}
    for text, gate, *_rest in TEXTS.values():
        assert read(read(text).text).gate == gate


def test_every_row_of_the_table_says_what_it_looks_for_and_where_that_is_written():
    for signal in SIGNALS:
        assert signal.codes or signal.words
        assert signal.doc
        assert signal.gate in doctor.GATES
        assert all(word == word.lower() for word in (*signal.codes, *signal.words, *signal.besides))


def test_every_row_of_the_table_is_found_by_each_of_its_signs():
    for signal in SIGNALS:
        base = f"HTTP/1.1 {signal.statuses[0]} x " if signal.statuses else ""
        base += " ".join([*signal.besides, *("model: gemini-2.5-pro " for name in signal.providers)])
        texts = [f'{base} {{"code": "{code}"}}' for code in signal.codes] + [f"{base} {word}" for word in signal.words]
        for text in texts:
            assert signal.gate in {it.gate for it in read(text).evidence}, (signal, text)


def test_more_than_is_read_is_refused():
    assert read("x " * (doctor.MOST_CHARACTERS // 2)).gate == "unknown"
    with pytest.raises(doctor.TooLong):
        read("x" * (doctor.MOST_CHARACTERS + 1))


def test_no_secret_is_in_any_part_of_a_diagnosis():
    secret = "sk-proj-Ab12Cd34Ef56Gh78Ij90"
    text = answered(
        "401 Unauthorized",
        {"x-request-id": secret, "openai-organization": secret},
        body(f"Incorrect API key provided: {secret}."),
    )
    assert secret not in repr(read(f"{text} model: {secret} organization {secret} {secret}"))
    assert MARK in read(text).text


class TestTime:
    def test_a_retry_is_an_instant(self):
        assert read(TEXTS["rate limit with its figures"][0]).again_at == AT + timedelta(seconds=3.104)
        assert read(TEXTS["rate limit at Azure"][0]).again_at == AT + timedelta(seconds=24)
        assert read(GEMINI_DAY).again_at == AT + timedelta(seconds=34.07)
        assert read("HTTP/1.1 429 Too Many Requests\nretry-after: 12\n").again_at == AT + timedelta(seconds=12)
        assert read("HTTP/1.1 429 Too Many Requests\nretry-after-ms: 250\n").again_at == AT + timedelta(
            milliseconds=250
        )
        assert read('{"code": "rate_limit_exceeded", "retryDelay": "34s"}').again_at == AT + timedelta(seconds=34)

    def test_without_one_the_limits_that_are_used_up_tell(self):
        text = (
            "HTTP/1.1 429 Too Many Requests\nx-ratelimit-limit-tokens: 30000\nx-ratelimit-remaining-tokens: 0\n"
            "x-ratelimit-reset-tokens: 6m0s\nx-ratelimit-limit-requests: 500\nx-ratelimit-remaining-requests: 10\n"
            "x-ratelimit-reset-requests: 1h\n"
        )
        assert read(text).again_at == AT + timedelta(minutes=6)

    def test_a_cap_and_an_own_limit_end_with_the_month_unless_the_answer_says_when(self):
        december = datetime(2026, 12, 1, tzinfo=UTC)
        assert read(TEXTS["cap by OpenAI"][0]).again_at == december
        assert read(TEXTS["own limit of the project"][0]).again_at == december
        assert read(TEXTS["own limit at Anthropic"][0].replace("12-01", "11-30")).again_at == datetime(
            2026, 11, 30, tzinfo=UTC
        )

    def test_what_does_not_pass_has_no_time(self):
        assert read(TEXTS["balance at Anthropic"][0] + " try again in 5s.").again_at is None


class TestAccount:
    LOCKED = body("The model `o3-mini` does not exist or you do not have access to it.", code="model_not_found")

    def test_a_closed_model_is_explained_by_the_accounts_edition(self):
        result = read(self.LOCKED, edition="openai/2025-05", tier="tier-1")
        assert (result.gate, result.confidence, result.model_state) == ("tier", "likely", "locked")
        assert result.evidence[-1].doc == "edition"
        assert result.steps == doctor.STEPS["tier"]

    def test_a_model_that_only_lacks_verification_is_told_so(self):
        text = self.LOCKED.replace("o3-mini", "o3")
        assert read(text, edition="openai/2026-05", tier="tier-1").gate == "verification"

    def test_a_model_that_is_shut_down_by_now_is_told_so(self):
        text = self.LOCKED.replace("o3-mini", "gpt-4-turbo-2024-04-09")
        assert read(text, edition="openai/2026-10-06", tier="build").gate == "retired_model"

    @pytest.mark.parametrize(
        ("model", "tier", "state"),
        [("gpt-4o", "tier-1", "open"), ("gpt-9", "tier-1", "unknown"), ("gpt-4o", "grow", "")],
    )
    def test_otherwise_it_stays_open_why(self, model, tier, state):
        result = read(self.LOCKED.replace("o3-mini", model), edition="openai/2026-05", tier=tier)
        assert (result.gate, result.confidence, result.model_state) == ("no_access", "unsure", state)

    def test_an_answer_of_another_provider_leaves_the_account_out(self):
        result = read(TEXTS["cap by Anthropic"][0], edition="openai/2025-05", tier="tier-1", organization=ORG)
        assert result.doubts == ("other_provider",)
        assert result.provider == "anthropic"

    def test_where_nothing_tells_the_provider_it_is_the_accounts(self):
        assert read(TEXTS["balance by the old code"][0], edition="openai/2025-05").provider == "openai"

    def test_money_in_one_organization_and_a_key_of_another(self):
        text = TEXTS["balance by its own code"][0]
        result = read(text, edition="openai/2025-05", tier="tier-1", organization="org-AnotherOne01")
        assert (result.gate, result.confidence, result.others) == ("wrong_organization", "likely", ("balance",))
        assert result.doubts == ("other_organization",)
        assert result.organization == ORG
        assert read(text, edition="openai/2025-05", tier="tier-1", organization=ORG).gate == "balance"

    def test_a_rate_limit_of_another_organization_is_still_a_rate_limit(self):
        text = TEXTS["rate limit with its figures"][0]
        result = read(text, edition="openai/2025-05", tier="tier-1", organization="org-AnotherOne01")
        assert (result.gate, result.doubts) == ("rate_limit", ("other_organization",))

    def test_names_that_are_no_ids_are_not_compared(self):
        text = TEXTS["balance by its own code"][0]
        assert read(text, edition="openai/2025-05", tier="tier-1", organization="our company").doubts == ()
        text = TEXTS["cap by Anthropic"][0]
        same = "7B0F4C52-3d7e-4a64-9c1e-51d2c6a0b9aa"
        other = "8b0f4c52-3d7e-4a64-9c1e-51d2c6a0b9aa"
        assert read(text, edition="anthropic/2026-06-26", tier="start", organization=same).doubts == ()
        assert read(text, edition="anthropic/2026-06-26", tier="start", organization=other).gate == "wrong_organization"


class TestWhatIsRecognised:
    def test_the_tier_that_the_error_asks_for(self):
        assert read(TEXTS["tier as JSON"][0]).needs_tier == "5"

    def test_a_text_with_two_errors_names_the_other_one_and_is_less_sure(self):
        result = read(TEXTS["tier as JSON"][0] + "\n" + TEXTS["balance at Anthropic"][0])
        assert (result.gate, result.confidence, result.others) == ("tier", "likely", ("balance",))

    def test_the_ids_that_support_asks_for(self):
        result = read(TEXTS["rate limit with its figures"][0] + "\nx-request-id: req_0123456789ab")
        assert (result.organization, result.request_id) == (ORG, "req_0123456789ab")
        assert read(TEXTS["rate limit at Anthropic"][0]).request_id == "req_011CTq5"
        assert read(TEXTS["rate limit at Anthropic"][0]).organization == "7b0f4c52-3d7e-4a64-9c1e-51d2c6a0b9aa"
        assert read("x-request-id: -").request_id == ""

    def test_a_quotation_is_short_and_shows_the_place(self):
        long = "word " * 60 + "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000. " + "word " * 60
        quote = read(long).evidence[0].quote
        assert "Rate limit reached for gpt-4o" in quote
        assert len(quote) <= 190
        assert (
            read("x " * 30 + "y" * 12 + " slow_down " + "." * 400).evidence[0].quote
            == "x x x x x x x x x x x x x yyyyyyyyyyyy slow_down …"
        )

    def test_a_relay_is_never_sent_up_the_ladder(self):
        result = read('POST https://relay.example.com/v1/chat/completions 429 {"code": "insufficient_quota"}')
        assert result.provider == "relay"
        assert "relay" in result.steps
        assert not {"climb", "check_organization"} & set(result.steps)

    def test_what_an_account_keeps_has_nothing_of_the_text(self):
        facts = read(TEXTS["rate limit with its figures"][0], edition="openai/2025-05", tier="tier-1").as_facts()
        assert facts == {
            "gate": "rate_limit",
            "confidence": "sure",
            "provider": "openai",
            "model": "gpt-4o",
            "tier": "tier-1",
            "edition": "openai/2025-05",
            "again_at": "2026-11-18T09:41:03.104000Z",
            "limits": [{"metric": "tpm", "value": 30000}],
        }
        assert json.loads(json.dumps(facts)) == facts
