"""Which model a text names, and which one of an edition that is."""

import re
from dataclasses import dataclass

from accounts.rules.doctor.pasted import Pasted
from accounts.rules.rulebook import ModelAccess, Rulebook

NAME = r"[`'\"]?((?:[a-z0-9-]{1,30}/){0,3}(?:models/)?[a-z][a-z0-9.:_-]{1,79})"
FAMILY = re.compile(
    r"(?:models/)?(?:gpt|o[134]|chatgpt|dall-e|sora|whisper|text-embedding|tts|claude|gemini|grok|sonar|mistral|codestral)\b"
)
# The places where providers name the model in an error, most telling first. Read in lower case, on one line.
PLACES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"the model:? {NAME}",
        rf"access to model {NAME}",
        rf"to (?:access|use|stream) (?:the model )?{NAME}",
        rf"(?:reached|exceeded|too large) for {NAME} ",
        rf"and model {NAME}",
        rf"\bmodel[\"']?\s{{0,3}}[:=]\s{{0,3}}{NAME}",
        r"\b(models/[a-z][a-z0-9.-]{1,79})",
        rf"model {NAME}",
    )
)
DATED = re.compile(r"-(?:20\d{6}|20\d\d-\d\d-\d\d|\d{4}|latest)\Z")
VARIANTS = (("-long-context", "long-context"), ("-ultrafast", "ultrafast"))
OLD_CLAUDE = re.compile(r"claude-(\d(?:\.\d)?)-(opus|sonnet|haiku)")
FIGURES = re.compile(r"(?<=-\d)-(?=\d(?:-|\Z))")


@dataclass(frozen=True, slots=True)
class Named:
    """A model as a text names it: its id without a vendor's prefix, and the pool of limits that the name speaks of."""

    id: str
    variant: str = ""


def model_in(pasted: Pasted) -> Named | None:
    """The model that the text names, or None. Names of no known family count only where a model must stand."""
    for value in pasted.all_of("model"):
        if re.fullmatch(NAME, value.lower()):
            return _named(value.lower())
    for number, place in enumerate(PLACES):
        for match in place.finditer(pasted.plain):
            name = match[1].rstrip(".:-_")
            if FAMILY.match(name.rpartition("/")[2]) or (number < 2 and re.search(r"[`'\"]", match[0])):
                return _named(name)
    return None


def _named(name: str) -> Named:
    name = name.removeprefix("models/").strip("`'\"")
    if not name.startswith("accounts/"):
        name = name.rpartition("/")[2]
    for ending, variant in VARIANTS:
        if name.endswith(ending):
            return Named(name.removesuffix(ending), variant)
    return Named(name)


def find(book: Rulebook, name: str) -> ModelAccess | None:
    """The edition's model that a name means: by its id, without a date, or as the edition writes versions."""
    for candidate in _spellings(name):
        model = book.model(candidate)
        if model is not None:
            return model
    return None


def _spellings(name: str) -> list[str]:
    bare = DATED.sub("", name)
    dotted = FIGURES.sub(".", bare)
    spelled = [name, bare, dotted]
    if old := OLD_CLAUDE.fullmatch(dotted):
        spelled.append(f"claude-{old[2]}-{old[1]}")
    # "claude-opus-4.x" stands for every version of a family.
    whole, dot, _minor = dotted.rpartition(".")
    spelled.append(f"{whole}.x" if dot else f"{dotted}.x")
    return spelled
