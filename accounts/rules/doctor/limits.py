"""The limits that an answer shows: from headers, and from the sentence of the error."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.rules.doctor import instants
from accounts.rules.doctor.pasted import Pasted

# "requests" is what OpenAI's header counts: a day's for models with a daily limit, else a minute's. Never to be called
# RPM unless something else settles it. "tokens" of Anthropic's is the tightest of several limits, hence none of them.
REQUESTS, TOKENS = "requests", "tokens"
OPENAI = ("x-ratelimit-limit-{}", "x-ratelimit-remaining-{}", "x-ratelimit-reset-{}")
ANTHROPIC = ("anthropic-ratelimit-{}-limit", "anthropic-ratelimit-{}-remaining", "anthropic-ratelimit-{}-reset")
# How a family of headers is written, what it counts, and as which metric.
FAMILIES = (
    (OPENAI, "requests", REQUESTS),
    (OPENAI, "tokens", "tpm"),
    (OPENAI, "project-requests", REQUESTS),
    (OPENAI, "project-tokens", "tpm"),
    (OPENAI, "images", "ipm"),
    (OPENAI, "input-images", "ipm"),
    (OPENAI, "req-minute", "rpm"),
    (OPENAI, "tokens-minute", "tpm"),
    (ANTHROPIC, "requests", "rpm"),
    (ANTHROPIC, "input-tokens", "itpm"),
    (ANTHROPIC, "output-tokens", "otpm"),
    (ANTHROPIC, "tokens", TOKENS),
)
PROJECT = "project-"
UNITS = {
    "tokens per min": "tpm",
    "tokens per minute": "tpm",
    "tokens per day": "tpd",
    "requests per min": "rpm",
    "requests per minute": "rpm",
    "requests per day": "rpd",
    "requests per second": "rps",
    "requests": "rpm",
    "images per minute": "ipm",
    "images per day": "ipd",
    "input-images per min": "ipm",
    "input tokens per minute": "itpm",
    "output tokens per minute": "otpm",
}
_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
COUNT = r"(\d[\d,]{0,15})"
SAID = re.compile(
    rf"(?<![\w-])({_UNIT})(?![\w-])(?: \([a-z]{{2,5}}\))?[^{{}}]{{0,80}}?"
    rf"\blimit:? {COUNT}(?:/1min)?(?:[,.]? (?:used|current):? {COUNT})?"
)
OF_ORGANIZATION = re.compile(rf"rate limit(?: for your organization)?(?: \([^)]{{0,60}}\))? of {COUNT} ({_UNIT})")
OF_TEAM = re.compile(rf"\b({_UNIT}) \(actual/limit\): {COUNT}/{COUNT}")
# Google names a quota: GenerateRequestsPerDayPerProjectPerModel-FreeTier.
QUOTA = re.compile(r"(request|inputtoken|token|image)\w*?per(minute|day)|per\w{0,40}?per(minute|day)", re.IGNORECASE)
QUOTAS = {
    ("request", "minute"): "rpm",
    ("request", "day"): "rpd",
    ("inputtoken", "minute"): "tpm",
    ("token", "minute"): "tpm",
    ("inputtoken", "day"): "tpd",
    ("token", "day"): "tpd",
    ("image", "minute"): "ipm",
    ("image", "day"): "ipd",
}
MINUTE, DAY = range(40, 81), range(60_000, 110_001)
MOST = 10**15
AGAIN = re.compile(
    r"(?:try again in|retry in|retry after|retrying in) ([0-9][0-9a-zµ.]{0,30}?)"
    r"(?= ?seconds?\b|[.,]? |[.,]?\Z|[.,]?[\"'])"
)
REGAIN = re.compile(r"regain access on (\d{4}-\d\d-\d\d) at (\d\d:\d\d) utc")


@dataclass(frozen=True, slots=True)
class SeenLimit:
    """One limit: a metric such as tpm, or "requests" or "tokens" where nobody says which.

    `is_project`: the project's own, which may lie below the organization's. `resets_at`: when all of it is back.
    """

    metric: str
    value: int
    remaining: int | None = None
    resets_at: datetime | None = None
    is_project: bool = False


def limits_in(pasted: Pasted, provider: str, at: datetime) -> tuple[SeenLimit, ...]:
    """Every limit that the text shows at an instant; what the error says goes before a header of the same metric."""
    found: dict[tuple[str, bool], SeenLimit] = {}
    for limit in [*_of_words(pasted), *_of_quotas(pasted), *_of_headers(pasted, provider, at)]:
        found.setdefault((limit.metric, limit.is_project), limit)
    return tuple(found.values())


def again_at(pasted: Pasted, limits: tuple[SeenLimit, ...], at: datetime) -> datetime | None:
    """When to try again: as the answer says, else when the limits that are used up are back; None when not said."""
    if match := REGAIN.search(pasted.plain):
        return instants.after(f"{match[1]}T{match[2]}:00Z", at)
    milliseconds = pasted.headers.get("retry-after-ms", "").split(",")[0].strip()
    named = [
        pasted.headers.get("retry-after", ""),
        f"{milliseconds}ms" if milliseconds else "",
        *[match[1] for match in AGAIN.finditer(pasted.plain)],
        *pasted.all_of("retryDelay"),
    ]
    for text in named:
        if text and (moment := instants.after(text, at)):
            return moment
    used_up = [limit.resets_at for limit in limits if limit.remaining == 0 and limit.resets_at]
    return max(used_up, default=None)


def _number(text: str) -> int | None:
    match = re.match(r"\d[\d,]{0,15}", text.strip())
    value = int(match[0].replace(",", "")) if match else MOST
    return value if value < MOST else None


def _of_headers(pasted: Pasted, provider: str, at: datetime) -> list[SeenLimit]:
    found = []
    for patterns, what, metric in FAMILIES:
        whole, left, reset = (pasted.headers.get(pattern.format(what), "") for pattern in patterns)
        value = _number(whole)
        if not value:
            continue
        remaining, wait = _number(left), instants.after(reset.split(",")[0], at) if reset else None
        if metric == REQUESTS:
            metric = "rpd" if provider == "groq" else _window(value, remaining, instants.seconds(reset))
        found.append(SeenLimit(metric, value, remaining, wait, what.startswith(PROJECT)))
    return found


def _window(value: int, remaining: int | None, reset: float | None) -> str:
    """Whether a count of requests is a minute's or a day's: what is used comes back evenly, so the wait tells."""
    if remaining is None or not reset or remaining >= value:
        return REQUESTS
    window = round(timedelta(seconds=min(reset, 10**6) * value / (value - remaining)).total_seconds())
    return "rpm" if window in MINUTE else "rpd" if window in DAY else REQUESTS


def _of_words(pasted: Pasted) -> list[SeenLimit]:
    found = []
    for match in SAID.finditer(pasted.plain):
        value, used = _number(match[2]), _number(match[3] or "")
        if value:
            found.append(SeenLimit(UNITS[match[1]], value, max(0, value - used) if used is not None else None))
    for match in OF_ORGANIZATION.finditer(pasted.plain):
        if value := _number(match[1]):
            found.append(SeenLimit(UNITS[match[2]], value))
    for match in OF_TEAM.finditer(pasted.plain):
        value, used = _number(match[3]), _number(match[2])
        if value:
            found.append(SeenLimit(UNITS[match[1]], value, max(0, value - (used or 0))))
    return found


def _of_quotas(pasted: Pasted) -> list[SeenLimit]:
    """Google's quotas: each has an id that tells what it counts, and a value."""
    found = []
    for name, value in zip(pasted.all_of("quotaId"), pasted.all_of("quotaValue"), strict=False):
        match, number = QUOTA.search(name), _number(value)
        if match and match[1] and number and (metric := QUOTAS.get((match[1].lower(), match[2].lower()))):
            found.append(SeenLimit(metric, number))
    return found
