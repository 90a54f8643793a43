"""The pieces of reading: fields in every shape, statuses, headers, waits, models, providers, limits."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.gateways import published
from accounts.rules.doctor import MARK, diagnose, instants, limits, models, pasted, providers, scrub

AT = datetime(2026, 11, 18, 9, 41, tzinfo=UTC)


def fields(text):
    return dict(pasted.read(text).fields)


class TestFields:
    @pytest.mark.parametrize(
        "text",
        [
            '{"error": {"code": "a_code", "message": "Some words"}}',
            "Error code: 429 - {'error': {'code': 'a_code', 'message': 'Some words', 'param': None}}",
            '{\n  "code" :\n "a_code",\n "message":"Some\\nwords"',
            'data: {"code":"a_code","message":"Some words"}\n\ndata: [DONE]',
            '"{\\"code\\": \\"a_code\\", \\"message\\": \\"Some words\\"}"',
            "错误信息：{'code': 'a_code', 'message': 'Some words'}，请问怎么办？",
        ],
    )
    def test_a_field_is_read_in_every_shape(self, text):
        found = fields(text)
        assert (found["code"], found["message"]) == ("a_code", "Some words")

    def test_quotes_within_a_value_do_not_end_it(self):
        assert fields('{"message": "the \\"best\\" model", "code": "x"}') == {
            "message": 'the "best" model',
            "code": "x",
        }
        assert fields("""{'message': "don't", 'code': 'x'}""") == {"message": "don't", "code": "x"}
        assert fields("{'message': 'don\\'t', 'code': 'x'}") == {"message": "don't", "code": "x"}

    def test_an_error_within_a_message_is_read_too(self):
        text = '{"message": "upstream said {\\"error\\": {\\"code\\": \\"inner_code\\"}}", "code": "outer"}'
        assert pasted.read(text).codes == {"inner_code", "outer"}

    def test_a_value_that_is_cut_off_goes_to_the_end(self):
        assert fields('{"message": "Some wor') == {"message": "Some wor"}
        assert fields('\\"message\\": \\"Some wor') == {"message": "Some wor"}

    def test_nothing_and_what_was_removed_are_no_values(self):
        assert fields('{"code": null, "param": None, "message": "' + MARK + '", "status": 429}') == {"status": "429"}


class TestStatus:
    @pytest.mark.parametrize(
        ("text", "status"),
        [
            ("HTTP/1.1 429 Too Many Requests", 429),
            ("HTTP/1.1 200 Connection established\n\nHTTP/2 403", 403),
            ("< HTTP/2 503 ", 503),
            ('"POST /v1/chat/completions HTTP/1.1" 401 Unauthorized', 401),
            ("Error code: 429 - {}", 429),
            ("status_code=404", 404),
            ('{"error": {"code": 429}}', 429),
            ('{"status": "529"}', 529),
            ("429 Too Many Requests", 429),
            ("ClientError: 429 RESOURCE_EXHAUSTED.", 429),
            ("at most 429 tokens of 500", None),
            ('{"code": 30001}', None),
        ],
    )
    def test_a_status_is_read(self, text, status):
        assert pasted.read(text).status == status


class TestHeaders:
    @pytest.mark.parametrize(
        "text",
        [
            "x-ratelimit-limit-tokens: 30000",
            "< X-RateLimit-Limit-Tokens: 30000\r\n",
            "Headers({'x-ratelimit-limit-tokens': '30000', 'date': 'now'})",
            '{"x-ratelimit-limit-tokens": "30000"}',
            "[('x-ratelimit-limit-tokens', '30000')]",
            "x-ratelimit-limit-requests: 500 x-ratelimit-limit-tokens: 30000",
        ],
    )
    def test_a_header_is_read_in_every_shape(self, text):
        assert pasted.read(text).headers["x-ratelimit-limit-tokens"] == "30000"


class TestInstants:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("1s", 1),
            ("6m0s", 360),
            ("6ms", 0.006),
            ("8.64s", 8.64),
            ("1m12s", 72),
            ("2h3m4.5s", 7384.5),
            ("1d1h", 90_000),
            ("250us", 0.00025),
            ("20", 20),
            ("1.5", 1.5),
            ("", None),
            ("soon", None),
            ("1s later", None),
            ("1" * 40, None),
        ],
    )
    def test_a_duration_is_read(self, text, seconds):
        assert (
            instants.seconds(text) == pytest.approx(seconds) if seconds is not None else instants.seconds(text) is None
        )

    @pytest.mark.parametrize(
        ("text", "instant"),
        [
            ("90s", AT + timedelta(seconds=90)),
            ("2026-11-18T09:42:00Z", AT + timedelta(minutes=1)),
            ("2026-11-18T10:42:00+01:00", AT + timedelta(minutes=1)),
            ("2026-11-18T09:42", AT + timedelta(minutes=1)),
            ("Wed, 18 Nov 2026 09:42:00 GMT", AT + timedelta(minutes=1)),
            ("Wed, 18 Nov 2026 09:42:00 -0000", AT + timedelta(minutes=1)),
            ("999999999", None),
            ("2099-01-01T00:00:00Z", None),
            ("0001-01-01T00:00:00+23:00", None),
            ("2026-13-99T00:00:00Z", None),
            ("later", None),
        ],
    )
    def test_an_instant_is_read(self, text, instant):
        assert instants.after(text, AT) == instant

    def test_the_next_month_is_one_of_utc(self):
        assert instants.next_month(AT) == datetime(2026, 12, 1, tzinfo=UTC)
        assert instants.next_month(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)


class TestModels:
    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("The model `gpt-4o` does not exist", "gpt-4o"),
            ("Rate limit reached for gpt-4.1-long-context in organization", "gpt-4.1"),
            ("Rate limit reached for default-gpt in organization", None),
            ('{"model": "openai/o3-mini"}', "o3-mini"),
            ("{'message': 'model: claude-sonnet-4-5-20250929'}", "claude-sonnet-4-5-20250929"),
            ("models/gemini-2.5-pro is not found", "gemini-2.5-pro"),
            ("access 'o1-preview'.", None),
            ("to access 'o1-preview'.", "o1-preview"),
            ("Too many requests for team x and model grok-4.", "grok-4"),
            ("accounts/fireworks/models/llama-v3p1-405b-instruct", None),
            ('"model": "accounts/fireworks/models/llama-v3p1"', "accounts/fireworks/models/llama-v3p1"),
            ("The model `my-own_model` is gone", "my-own_model"),
            ("the model of the year", None),
            ('{"model": ""}', None),
            ("does not have access to model `gpt-4o`", "gpt-4o"),
        ],
    )
    def test_a_model_is_found(self, text, name):
        found = models.model_in(pasted.read(text))
        assert (found.id if found else None) == name

    def test_a_pool_of_its_own_is_told_by_the_name(self):
        text = "Rate limit reached for gpt-4.1-long-context in"
        assert models.model_in(pasted.read(text)) == models.Named("gpt-4.1", "long-context")

    @pytest.mark.parametrize(
        ("edition", "name", "model"),
        [
            ("openai/2026-05", "gpt-4o-2024-08-06", "gpt-4o"),
            ("openai/2026-05", "gpt-4-0613", "gpt-4"),
            ("openai/2026-05", "gpt-4.1", "gpt-4.1"),
            ("anthropic/2026-04", "claude-sonnet-4-5-20250929", "claude-sonnet-4.5"),
            ("anthropic/2026-04", "claude-opus-4-20250514", "claude-opus-4"),
            ("anthropic/2025", "claude-3-5-haiku-20241022", "claude-haiku-3.5"),
            ("anthropic/2026-06-26", "claude-opus-4-1-20250805", "claude-opus-4.x"),
            ("openai/2026-05", "gpt-99", None),
        ],
    )
    def test_a_name_is_the_editions_model(self, edition, name, model):
        found = models.find(published.edition(edition), name)
        assert (found.id if found else None) == model


class TestProviders:
    @pytest.mark.parametrize(
        ("text", "model", "provider"),
        [
            ("POST https://api.openai.com/v1/chat/completions", "", "openai"),
            ("> Host: generativelanguage.googleapis.com", "", "google-gemini"),
            ("https://mine.openai.azure.com/openai/deployments/x", "gpt-4o", "azure"),
            ("https://relay.example.com:8443/v1/chat/completions", "gpt-4o", "relay"),
            ("https://relay.example.com/v1/chat https://api.x.ai/v1/chat", "", "xai"),
            ("https://example.com/help", "", ""),
            ("x-groq-region: eu", "", "groq"),
            ("openai-version: 2020-10-01", "", "openai"),
            ("anthropic.RateLimitError", "", "anthropic"),
            ("new_api_error https://api.openai.com/", "", "relay"),
            ("", "claude-opus-5", "anthropic"),
            ("", "gpt-4o", "openai"),
            ("", "something", ""),
        ],
    )
    def test_a_provider_is_told(self, text, model, provider):
        assert providers.provider_of(pasted.read(text), model) == provider


class TestLimits:
    def seen(self, text, provider="openai"):
        return [
            (limit.metric, limit.value, limit.remaining) for limit in limits.limits_in(pasted.read(text), provider, AT)
        ]

    @pytest.mark.parametrize(
        ("reset", "remaining", "metric"),
        [
            ("8.64s", 9999, "rpd"),
            ("6ms", 9999, "rpm"),
            ("17.28s", 9998, "rpd"),
            ("0s", 10000, "requests"),
            ("1s", 9999, "requests"),
            ("soon", 9999, "requests"),
            ("", 9999, "requests"),
            ("60s", 20000, "requests"),
        ],
    )
    def test_requests_are_called_a_minutes_or_a_days_only_when_the_reset_tells(self, reset, remaining, metric):
        text = (
            f"x-ratelimit-limit-requests: 10000\nx-ratelimit-remaining-requests: {remaining}\n"
            f"x-ratelimit-reset-requests: {reset}\n"
        )
        assert self.seen(text) == [(metric, 10000, remaining)]

    def test_groq_counts_requests_by_the_day(self):
        assert self.seen("x-ratelimit-limit-requests: 14400", "groq") == [("rpd", 14400, None)]

    def test_anthropics_headers_say_what_they_count(self):
        text = "".join(
            f"anthropic-ratelimit-{what}-limit: {value}\nanthropic-ratelimit-{what}-remaining: 0\n"
            for what, value in (("requests", 50), ("input-tokens", 30000), ("output-tokens", 8000), ("tokens", 38000))
        )
        assert self.seen(text, "anthropic") == [
            ("rpm", 50, 0),
            ("itpm", 30000, 0),
            ("otpm", 8000, 0),
            ("tokens", 38000, 0),
        ]

    def test_a_projects_own_limit_is_told_apart(self):
        found = limits.limits_in(pasted.read("x-ratelimit-limit-project-tokens: 1000"), "openai", AT)
        assert [(limit.metric, limit.is_project) for limit in found] == [("tpm", True)]

    def test_what_the_error_says_goes_before_a_header(self):
        text = "on tokens per min (TPM): Limit 30,000, Used 28,432, Requested 10.\nx-ratelimit-limit-tokens: 40000"
        assert self.seen(text) == [("tpm", 30000, 1568)]

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("images per minute in organization x. Limit: 5/1min. Current: 6/1min", [("ipm", 5, 0)]),
            ("requests per day (RPD): Limit 200, Requested 1", [("rpd", 200, None)]),
            ("requests per minute (RPM): Limit 0", []),
            ("your organization's rate limit of 50,000 input tokens per minute", [("itpm", 50000, None)]),
            ("organization's rate limit of 0 input tokens per minute", []),
            ("Requests per Minute (actual/limit): 481/480", [("rpm", 480, 0)]),
            ("Requests per Second (actual/limit): 0/0", []),
            ("x-ratelimit-limit-requests: many", []),
            ("x-ratelimit-limit-tokens: 99999999999999999999", []),
        ],
    )
    def test_a_sentence_names_a_limit(self, text, found):
        assert self.seen(text) == found

    @pytest.mark.parametrize(
        ("quota", "value", "found"),
        [
            ("GenerateRequestsPerMinutePerProjectPerModel", "10", [("rpm", 10, None)]),
            ("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "250", [("rpd", 250, None)]),
            ("GenerateContentInputTokensPerModelPerMinute-PaidTier1", "1000000", [("tpm", 1000000, None)]),
            ("SomethingElse", "10", []),
            ("GenerateRequestsPerDayPerProject", "none", []),
        ],
    )
    def test_google_names_a_quota(self, quota, value, found):
        assert self.seen(f'{{"quotaId": "{quota}", "quotaValue": "{value}"}}', "google-gemini") == found


NASTY = {
    "fields": '"code":"' * 8_000,
    "other quotes": '"code":\'' * 8_000,
    "escaped": '\\"code\\":\\"' * 5_000,
    "messages in messages": '"message":"{' * 5_000,
    "backslashes": '"message": "' + "\\" * 60_000,
    "quotes after backslashes": "\\" * 60_000 + '"code"',
    "headers": "x-ratelimit-limit-tokens: " * 2_400,
    "long headers": "x-ratelimit-" + "a" * 60_000,
    "models": "the model " * 6_400,
    "long models": "model " + "a/" * 30_000,
    "limits": "tokens per min " * 4_200,
    "waits": "try again in 1" * 4_500,
    "numbers": "1" * 64_000,
    "organizations": "rate limit for your organization (" * 1_800,
    "addresses": "https://a.a/v1/models " * 2_900,
    "quotas": '"quotaId": "' + "perrequest" * 6_000 + '"',
    "blanks": '"code"' + " " * 60_000,
    "dots": "model: gpt-" + "." * 60_000,
    "status": "code: " * 10_000,
    "uuid": "organization " * 4_900,
}


@pytest.mark.parametrize("name", NASTY)
def test_a_hostile_text_is_read_in_linear_time(name):
    def cost(text):
        start = time.process_time()
        diagnose(text, at=AT, editions=list(published.editions().values()))
        return time.process_time() - start

    text = NASTY[name][:64_000]
    assert cost(text) < 24 * cost(text[: len(text) // 8]) + 0.2


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text):
    result = diagnose(text, at=AT, editions=list(published.editions().values()))
    assert result.text == scrub(text)
    assert result.gate
