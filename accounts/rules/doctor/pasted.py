"""Read what was pasted: the answer's status, its headers, and the fields of the error in it.

Nothing is parsed as a whole, for what people paste is whole only sometimes: JSON that is cut off, a Python exception,
lines of curl, a stream of events, an error within another's message, with any words around. Names are looked for, and
the value behind each is read. Takes scrubbed text only.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from accounts.rules.doctor.scrub import MARK

# The characters of ASCII alone are lowered: that keeps every place in a text where it was.
LOWER = {ord(sign): sign.lower() for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"} | {
    0x2018: "'",
    0x2019: "'",
    0x201C: '"',
    0x201D: '"',
}

NAMES = (
    "code|type|status|error_code|reason|message|param|model|quotaId|quotaValue|quotaMetric|retryDelay"
    "|organization|request_id"
)
FIELD = re.compile(rf"(\\{{0,7}}[\"'])({NAMES})\1\s*:\s*(?:(\\{{0,7}}[\"'])|(-?[\w.]+))")
CODES = ("code", "type", "status", "error_code", "reason")
PLAIN = re.compile(r"(?:[^\"\\]|\\.)*", re.DOTALL), re.compile(r"(?:[^'\\]|\\.)*", re.DOTALL)
ESCAPE = re.compile(r"\\+(?:[nrt]|u00[0-9a-f]{2}|(.))", re.DOTALL)
DEEPEST = 3
HEADER = re.compile(
    r"""(?im)(?:^|[\s"'{,(<\[])
    ((?:x-ratelimit|x-rate-limit|anthropic|openai|x-ms|apim|azureml|x-groq|retry-after|x-request-id|request-id|date)
      [a-z0-9-]{0,60})
    ["']?[ \t]*[:=,][ \t]*["']?(?=([^\r\n"'}\]]{0,200}))""",
    re.VERBOSE,
)
STATUS_LINE = re.compile(r"\bHTTP/[0-9.]{1,3}[\s\"]{1,3}([1-5]\d\d)\b")
STATUS = re.compile(
    r"(?i)(?:error code|status(?:[ _-]?code)?|http(?: error)?|code)[\"']?[ \t]{0,9}[:=]?[ \t]{0,9}([45]\d\d)\b"
    r"|(?<![\d.,-])([45]\d\d)[ \t:,-]{1,3}(?:too many|unauthori[sz]ed|forbidden|not found|payment required|bad request"
    r"|service unavailable|internal server|resource_exhausted|permission_denied|overloaded)"
)
TOKEN = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Pasted:
    """What was found. `flat` is the text in one line, `plain` the same in lower case, place by place.

    codes: the values of fields that name a kind of error, in lower case; tokens: every word of the text.
    fields: (name, value) pairs in order. headers: by name in lower case, the last one of a name.
    """

    flat: str
    plain: str
    status: int | None
    headers: Mapping[str, str]
    fields: tuple[tuple[str, str], ...]
    codes: frozenset[str]
    tokens: frozenset[str]

    def all_of(self, name: str) -> list[str]:
        return [value for field, value in self.fields if field == name]


def read(text: str) -> Pasted:
    """Read a scrubbed text."""
    flat = " ".join(text.replace("\\n", " ").replace('\\"', '"').split())
    plain = flat.translate(LOWER)
    fields = tuple(_fields(text, DEEPEST))
    return Pasted(
        flat=flat,
        plain=plain,
        status=_status(text, fields),
        headers={match[1].lower(): match[2].strip() for match in HEADER.finditer(text)},
        fields=fields,
        codes=frozenset(value.lower() for name, value in fields if name in CODES),
        tokens=frozenset(TOKEN.findall(plain)),
    )


def _fields(text: str, deepest: int) -> Iterator[tuple[str, str]]:
    """Yield names and values in order; also those of an error that stands, quoted, within a message."""
    at = 0
    while match := FIELD.search(text, at):
        at = match.end()
        if match[3] is None:
            if match[4].lower() not in ("null", "none"):
                yield match[2], match[4]
            continue
        end = _closing(text, match[3], at)
        value = text[at:end]
        at = end
        if value != MARK:
            yield match[2], " ".join(_unescaped(value).split())
        if deepest and match[2] == "message" and "{" in value:
            yield from _fields(_unescaped(value), deepest - 1)


def _closing(text: str, quote: str, at: int) -> int:
    """Where a value ends: at its closing quote, or with the text when that is cut off."""
    if len(quote) > 1:
        end = text.find(quote, at)
        return end if end >= 0 else len(text)
    match = PLAIN[quote == "'"].match(text, at)
    return match.end() if match else at


def _unescaped(value: str) -> str:
    return ESCAPE.sub(lambda match: match[1] or " ", value)


def _status(text: str, fields: tuple[tuple[str, str], ...]) -> int | None:
    """The status of the answer: of the last status line (a proxy's own comes first), else as an error text names it."""
    lines = STATUS_LINE.findall(text)
    if lines:
        return int(lines[-1])
    for name, value in fields:
        if name in ("code", "status") and re.fullmatch(r"[45]\d\d", value):
            return int(value)
    match = STATUS.search(text)
    return int(match[1] or match[2]) if match else None
