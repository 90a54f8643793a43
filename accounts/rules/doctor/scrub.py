"""Take secrets out of a pasted text, before anything else looks at it.

What a person pastes may hold a key. Named values go (headers, fields, parameters, flags), keys of known shape go, and
so does whatever is long and looks random. Organization and request ids stay: they name somebody and let nobody in, and
without them a wrong organization could not be told. When in doubt a harmless string goes, too.

Every pattern looks at a character a bounded number of times: a hostile text costs no more than a harmless one.
"""

import re
from itertools import pairwise

MARK = "«removed»"

# The shapes of keys: OpenAI, Anthropic and most relays (sk-), xAI, Perplexity, Groq, Fireworks, GitHub, Hugging Face,
# Replicate, NVIDIA, GitLab, Voyage, Slack. Stars are in it, for providers show keys half masked.
_PREFIX = r"(?:sk|rk|pk|xai|pplx|gsk|fw|hf|r8|nvapi|glpat|sess|pa|tgp|dop|github_pat|gh[opusr]|xox[abeprs])[-_]"
_REST = r"[A-Za-z0-9_*-]"
KEY = re.compile(
    rf"(?<![A-Za-z0-9]){_PREFIX}{_REST}{{8,}}(?:\.{_REST}{{6,}})*"
    rf"|{_PREFIX}{_REST}{{20,}}(?:\.{_REST}{{6,}})*"
    r"|AIza[A-Za-z0-9_*-]{8,}"
    r"|(?:AKIA|ASIA)[A-Z0-9*]{8,}"
    r"|(?:ya29|AQ)\.[A-Za-z0-9_*-]{8,}(?:\.[A-Za-z0-9_*-]{6,})*"
    r"|eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)*"
)
# Names whose value is a secret, whatever it looks like. Only the end of a name counts: OPENAI_API_KEY, x-api-key.
NAMED = re.compile(
    r"""(?ix)
    (?P<whole>authorization|set-cookie2?|cookie2?)
    | (?: api[ _-]?keys? | (?:access|secret|private|auth|subscription|account|admin|shared|master)[ _-]?keys?
        | (?<![a-z])keys? | passw(?:or)?d | passphrase | pwd | secrets? | token | credentials? | signature
        | (?<![a-z])sig | session(?:[_-]?id)? | auth | 密钥 | 令牌 | 密码 | 口令 )
    """
)
SEPARATOR = re.compile(r"(?:\\*[\"'])?[ \t]*[:=：][ \t]*")
QUOTE = re.compile(r"\\*[\"'`]")
SCHEME = re.compile(r"(?i)(?:bearer|basic|token|digest|negotiate)[ \t]+")
VALUE = re.compile(r"[^\s\"'`<>&，。；、）】」》]+")
COOKIES = re.compile(r"[^\s\"'`;]+(?:;[ \t]*[^\s\"'`;]+)*;?")
LINE_START = re.compile(r"[<>*\s]*\Z")
BEARER = re.compile(r"(?i)\b(bearer|basic)[ \t]+(?!auth|tokens?\b|header|scheme)([^\s\"'`<>,;，。]{6,})")
FLAG = re.compile(
    r"""(?<!\S)(-u|--user|-U|--proxy-user|-b|--cookie|--oauth2-bearer)([ \t=]+|(?=["']))("[^"]*"?|'[^']*'?|\S+)"""
)
GLUED = re.compile(r"(?<!\S)-u[^\s:\"']+:\S+")
UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
# A web address, or a run of letters, digits and what joins them in keys.
STRING = re.compile(
    r"(?<![A-Za-z0-9+.-])(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30}://)(?P<rest>[^\s\"'`<>«»]+)"
    r"|[A-Za-z0-9_+/=~%.-]{16,}"
)
PORT = re.compile(r":\d{1,5}\Z")
PLAIN_PIECE = re.compile(r"[a-z_.-]{3,}|v\d")
SEGMENT = re.compile(r"[A-Za-z0-9]+")
WORDS = re.compile(r"[A-Z]?[a-z]{2,23}(?:[A-Z][a-z]{2,23})*\d{0,4}")
HARSH = re.compile(r"[bcdfghjklmnpqrstvwxz]{5}", re.IGNORECASE)
# Ids that are kept: they name an organization, a project or a request.
ID = re.compile(r"(?:org-|req_|proj_)[A-Za-z0-9]{6,40}")
ID_NAME = re.compile(
    r"(?i)(?:anthropic-organization-id|openai-organization|request[-_ ]id|organization|\(org|org)"
    r"[\"']?\s{0,3}[:=(]?\s{0,3}[\"'(]?\Z"
)
ID_VALUE = re.compile(rf"{UUID}|[0-9a-f]{{32}}")
LONGEST_ID_NAME = 40
BEGIN, END = "-----BEGIN", "-----END"


def scrub(text: str) -> str:
    """Return the text with every secret replaced by MARK. Doing it twice changes nothing more."""
    text = _without_blocks(text)
    text = _without_named(text)
    text = FLAG.sub(rf"\1\2{MARK}", text)
    text = GLUED.sub(f"-u {MARK}", text)
    text = BEARER.sub(rf"\1 {MARK}", text)
    text = KEY.sub(MARK, text)
    return STRING.sub(lambda match: _address(match) if match["scheme"] else _run(match), text)


def _without_blocks(text: str) -> str:
    """Take out PEM blocks; one that is cut off goes to the end."""
    kept, at = [], 0
    while (begin := text.find(BEGIN, at)) >= 0:
        kept += [text[at:begin], MARK]
        end = text.find(END, begin)
        newline = text.find("\n", end) if end >= 0 else -1
        at = newline if newline >= 0 else len(text)
    return "".join([*kept, text[at:]])


def _without_named(text: str) -> str:
    """Take out the values of names such as authorization, api_key or token."""
    kept, at = [], 0
    for name in NAMED.finditer(text):
        if name.start() < at:  # within a value that is gone already
            continue
        separator = SEPARATOR.match(text, name.end())
        if separator is None:
            continue
        start = separator.end()
        start, end = _value(text, name, start, at)
        if end > start:
            kept += [text[at:start], MARK]
            at = end
    return "".join([*kept, text[at:]])


def _value(text: str, name: re.Match[str], start: int, least: int) -> tuple[int, int]:
    """Where the value of a name begins and ends. `least`: what stands before it belongs to another value."""
    if quote := QUOTE.match(text, start):
        end = _closing(text, quote)
        return quote.end(), end
    first = name.start()
    while first > least and (text[first - 1].isalnum() or text[first - 1] in "_-"):
        first -= 1
    line_end = text.find("\n", start)
    line_end = line_end if line_end >= 0 else len(text)
    before = text[first - 1] if first > least else ""
    if before and before in "\"'`":  # as in -H "x-api-key: ..."
        end = text.find(before, start, line_end)
        return start, end if end >= 0 else line_end
    line_start = max(text.rfind("\n", least, first) + 1, least)
    if name["whole"] and LINE_START.fullmatch(text[line_start:first][-80:]):
        return start, line_end
    if scheme := SCHEME.match(text, start):
        start = scheme.end()
    found = (COOKIES if name["whole"] else VALUE).match(text, start)
    return start, found.end() if found else start


def _closing(text: str, quote: re.Match[str]) -> int:
    """Where the quotation ends: at the same quote, else at the end of the text."""
    mark, at = quote[0], quote.end()
    end = text.find(mark, at)
    while end > at and len(mark) == 1 and text[end - 1] == "\\":  # an escaped quote is within
        end = text.find(mark, end + 1)
    return end if end >= 0 else len(text)


def _address(match: re.Match[str]) -> str:
    """A web address without its credentials, and without what looks like a key in it."""
    scheme, rest = match["scheme"], match["rest"]
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    # A password may hold a slash: what follows the colon is then no port.
    is_cut = "@" in rest and ":" in authority and not PORT.search(authority)
    if "@" not in authority and not is_cut:
        return scheme + _parts(rest)
    end = rest.rfind("@") if is_cut else authority.rfind("@")
    return f"{scheme}{MARK}{_parts(rest[end:])}"


def _parts(rest: str) -> str:
    """An address's host, path and query up to the first piece that looks random, with what belongs to that."""
    pieces = re.split(r"([/?&=#;:,@])", rest)
    for number, piece in enumerate(pieces):
        if len(piece) >= 10 and not ID.fullmatch(piece) and _is_noisy(piece, least=2):
            first = number
            while first > 2 and not PLAIN_PIECE.fullmatch(pieces[first - 2]):
                first -= 2
            return "".join([*pieces[:first], MARK])
    return rest


def _run(match: re.Match[str]) -> str:
    run = match[0].rstrip(".")
    rest = match[0][len(run) :]
    if ID.fullmatch(run) or not _is_noisy(run):
        return match[0]
    before = match.string[max(0, match.start() - LONGEST_ID_NAME) : match.start()]
    if ID_VALUE.fullmatch(run) and ID_NAME.search(before):
        return match[0]
    return MARK + rest


def _is_noisy(run: str, *, least: int = 3) -> bool:
    """Whether a run of letters, digits and what joins them looks random instead of like words, names and numbers."""
    if re.fullmatch(UUID, run):
        return True
    total = 0
    for segment in SEGMENT.findall(run):
        if WORDS.fullmatch(segment):
            continue
        size, noise = len(segment), _turns(segment)
        total += noise
        if (size >= 8 and noise >= least) or size >= 32:
            return True
        if size >= 16 and (not segment.isdigit() or size >= 20) and (size >= 20 or HARSH.search(segment)):
            return True
    return total >= 6


def _turns(segment: str) -> int:
    """How often the kind of character changes: lower case, upper case, digit. A first capital is no change."""
    kinds = ["d" if sign.isdigit() else "u" if sign.isupper() else "l" for sign in segment]
    if len(kinds) > 1 and kinds[0] == "u" and kinds[1] == "l":
        kinds[0] = "l"
    return sum(one != other for one, other in pairwise(kinds))
