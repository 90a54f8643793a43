"""No secret survives, whatever it is and wherever it stands; and what is needed to tell the gate does."""

import base64
import json
import random
import string
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accounts.rules.doctor import MARK, scrub

WORD, HEX = string.ascii_letters + string.digits, string.digits + "abcdef"
URLSAFE, BASE64 = WORD + "-_", WORD + "+/"
ENDING = "\n the request failed"


def signs(alphabet, count):
    return lambda dice: "".join(dice.choice(alphabet) for _ in range(count))


def prefixed(prefix, alphabet, count):
    return lambda dice: prefix + signs(alphabet, count)(dice)


def token(dice):
    """A JSON web token."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "HS256", "typ": "JWT"}, {"sub": str(dice.random()), "name": "Ann"})
    ]
    return ".".join([*parts, signs(URLSAFE, 43)(dice)])


def uuid(dice):
    return "-".join(signs(HEX, count)(dice) for count in (8, 4, 4, 4, 12))


KEYS = {
    "openai": prefixed("sk-", WORD, 48),
    "openai-project": prefixed("sk-proj-", URLSAFE, 120),
    "openai-service": prefixed("sk-svcacct-", URLSAFE, 60),
    "openai-admin": prefixed("sk-admin-", URLSAFE, 60),
    "anthropic": prefixed("sk-ant-api03-", URLSAFE, 93),
    "anthropic-admin": prefixed("sk-ant-admin01-", URLSAFE, 93),
    "openrouter": prefixed("sk-or-v1-", HEX, 64),
    "relay": prefixed("sk-", WORD, 48),
    "short-relay": prefixed("sk-", WORD, 20),
    "xai": prefixed("xai-", WORD, 80),
    "google": prefixed("AIza", URLSAFE, 35),
    "groq": prefixed("gsk_", WORD, 52),
    "perplexity": prefixed("pplx-", WORD, 48),
    "fireworks": prefixed("fw_", WORD, 22),
    "github": prefixed("ghp_", WORD, 36),
    "github-fine": prefixed("github_pat_", WORD, 80),
    "hugging-face": prefixed("hf_", WORD, 34),
    "aws-id": prefixed("AKIA", string.ascii_uppercase + string.digits, 16),
    "google-oauth": prefixed("ya29.", URLSAFE, 120),
    "jwt": token,
}
# What has no shape of its own: it is known by looking random.
SHAPELESS = {
    "aws-secret": signs(BASE64, 40),
    "azure": signs(HEX, 32),
    "azure-new": signs(WORD, 84),
    "mistral": signs(WORD, 32),
    "hex": signs(HEX, 64),
    "base64": lambda dice: base64.b64encode(dice.randbytes(36)).decode(),
    "urlsafe": signs(URLSAFE, 43),
    "uuid": uuid,
}
PLACES = (
    "{}",
    "key {} end",
    "Authorization: Bearer {}",
    "> authorization: Bearer {}\n> accept: */*",
    "< set-cookie: __cf_bm={}; path=/; HttpOnly\n",
    "curl -H 'Authorization: Bearer {}' https://api.openai.com/v1/models",
    'curl -H "x-api-key: {}" https://api.anthropic.com/v1/messages',
    "curl -u me:{} https://example.org/",
    "curl -u{}:x https://example.org/",
    'curl --user "me:{}" https://example.org/',
    "curl --cookie session={} https://example.org/",
    "https://me:{}@example.org/v1?x=1",
    "https://example.org/v1/models?key={}&alt=json",
    "https://example.org/v1/models?x={}&alt=json",
    "https://example.org/hook/{}/end",
    '{{"api_key": "{}", "model": "gpt-4o"}}',
    "{{'api_key': '{}', 'code': None}}",
    '{{"body": "{{\\"token\\": \\"{}\\"}}"}}',
    "OPENAI_API_KEY={} python ask.py",
    "export AZURE_OPENAI_KEY='{}'",
    "api-key: {}\r\nhost: example.org",
    "密钥：{}，余额不足",
    "Incorrect API key provided: {}. You can find your key.",
    "headers={{'Authorization': 'Bearer {}'}}",
    "password = {}",
    "see {}.",
    "({})",
)


def pieces(secret):
    return {secret[start : start + 12] for start in range(len(secret) - 11)}


def assert_gone(secret, text):
    clean = scrub(text)
    assert not [piece for piece in pieces(secret) if piece in clean], (text, clean)
    assert scrub(clean) == clean


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", [*KEYS, *SHAPELESS])
def test_a_secret_in_a_usual_place_is_gone(kind, place):
    for seed in range(12):
        secret = (KEYS | SHAPELESS)[kind](random.Random(seed))
        assert_gone(secret, place.format(secret))
        assert_gone(secret, place.format(secret) + ENDING)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(KEYS)), st.integers(0, 10**9), st.text(max_size=60), st.text(max_size=60))
@example("openai", 1, "org-", "")
@example("openai", 1, "req_", "abc")
@example("anthropic", 2, "task", "")
@example("xai", 2, "openai-organization: ", "")
def test_a_key_of_known_shape_is_gone_whatever_stands_around_it(kind, seed, before, after):
    secret = KEYS[kind](random.Random(seed))
    assert_gone(secret, f"{before}{secret}{after}")


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(SHAPELESS)),
    st.integers(0, 10**9),
    st.text(max_size=60),
    st.text(max_size=60),
    st.sampled_from(PLACES),
)
def test_what_looks_random_is_gone_whatever_stands_around_it(kind, seed, before, after, place):
    secret = SHAPELESS[kind](random.Random(seed))
    assert_gone(secret, f"{before} {place.format(secret)} {after}")
    assert_gone(secret, f"{before}{secret}{after}")


@given(st.text(max_size=400))
def test_twice_is_once(text):
    assert scrub(scrub(text)) == scrub(text)


def test_a_private_key_goes_as_a_whole_and_one_that_is_cut_off_to_the_end():
    block = f"-----BEGIN PRIVATE KEY-----\n{signs(BASE64, 64)(random.Random(1))}\nabc\n-----END PRIVATE KEY-----\n"
    assert scrub(f"before\n{block}after") == f"before\n{MARK}\nafter"
    assert scrub(f"before\n{block.partition('abc')[0]}") == f"before\n{MARK}"
    assert scrub(f"before\n{block.rstrip()}") == f"before\n{MARK}"


def test_a_cookie_goes_with_everything_in_its_line():
    text = '< set-cookie: a="b c"; path=/\n< date: today\nand cookie: x=1; y=2 in a row'
    assert scrub(text) == f"< set-cookie: {MARK}\n< date: today\nand cookie: {MARK} in a row"


def test_a_name_whose_value_is_quoted_to_the_end_of_a_cut_text():
    assert scrub('{"api_key": "abc') == f'{{"api_key": "{MARK}'
    assert scrub("{'api_key': 'a\\'b', 'x': 1}") == f"{{'api_key': '{MARK}', 'x': 1}}"
    assert scrub("-H 'x-api-key: abc def") == f"-H 'x-api-key: {MARK}"
    assert scrub("api_key:") == "api_key:"


KEPT = (
    "Rate limit reached for gpt-4o-mini in organization org-AbCdEfGh12345678IjKlMnOp on requests per day (RPD): "
    "Limit 10000, Used 10000, Requested 1. Please try again in 8.64s.",
    "{'error': {'message': 'No', 'type': 'insufficient_quota', 'param': None, 'code': 'invalid_api_key'}}",
    "x-ratelimit-limit-tokens: 30000\nx-ratelimit-reset-tokens: 6m0s",
    "x-request-id: req_0123456789abcdef0123456789abcdef",
    "x-request-id: 3f2b8c1e-1234-4a2b-9c3d-1234567890ab",
    "request-id: 0123456789abcdef0123456789abcdef",
    "anthropic-organization-id: 3f2b8c1e-1234-4a2b-9c3d-1234567890ab",
    "for your organization (3f2b8c1e-1234-4a2b-9c3d-1234567890ab) of 30,000 input tokens per minute",
    "anthropic-ratelimit-input-tokens-reset: 2026-11-18T09:41:07Z",
    "claude-3-5-sonnet-20241022, gemini-2.5-flash-preview-09-2025, accounts/fireworks/models/llama-v3p1-405b-instruct",
    "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
    "generativelanguage.googleapis.com/generate_content_free_tier_requests",
    'File "/usr/lib/python3.11/site-packages/openai/_base_client.py", line 1061, in _request',
    "https://api.openai.com/v1/organization/org-AbCdEfGh12345678/projects?limit=20",
    "project proj_AbCdEfGh12345678 does not have access to model gpt-4o",
    "Visit https://platform.openai.com/account/rate-limits to learn more.",
    "这个组织的用量已达到上限，请稍后再试。",
    "basic authentication, a bearer token, the api key, more tokens",
    "tokens per minute (actual/limit): 20000/20000",
    "0x" + "0" * 10 + " 20261118094107 1234567890123456",
)


@pytest.mark.parametrize("text", KEPT)
def test_what_tells_the_gate_is_kept(text):
    assert scrub(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "the quick brown fox",
        "nowordisaslongasthisonehere",  # a single run of small letters
        "XKCDQWRTPLMNBVCZ",
        "12345678901234567890123",
        "a1-b2-c3-d4-e5-f6-g7",
    ],
)
def test_long_runs_that_are_no_words_go(text):
    assert (scrub(text) == text) == (" " in text)


NASTY = {
    "one letter": "a" * 64_000,
    "unclosed quotes": 'key:"' * 13_000,
    "escaped quotes": "key:'\\" * 9_000,
    "addresses": "://" * 21_000,
    "names": "key=" * 16_000,
    "blocks": "-----BEGIN" * 6_400,
    "backslashes": "key" + "\\" * 64_000,
    "tokens": "eyJ" * 21_000,
    "dotted tokens": "eyJaaaaa" + "." * 64_000,
    "prefixes": "sk-" * 21_000,
    "noise": "aA1" * 21_000,
    "schemes": "Bearer " * 9_000,
    "headers": "authorization: " * 4_000,
    "cookies": "cookie:;a" * 7_000,
    "line starts": "<" * 60_000 + "cookie:" * 500,
    "spaces": " " * 64_000,
    "lines": "\n" * 64_000,
    "flags": '-u "' * 16_000,
    "uuids": "0123abcd-" * 7_000,
    "dots": "a." * 32_000,
}


@pytest.mark.parametrize("name", NASTY)
def test_a_hostile_text_costs_eight_times_for_eight_times_as_much(name):
    text = NASTY[name]

    def cost(given):
        start = time.process_time()
        scrub(given)
        return time.process_time() - start

    # Quadratic work would take 64 times as long, and minutes at this size; the tenth is for what is over at once.
    assert cost(text) < 24 * cost(text[: len(text) // 8]) + 0.1
