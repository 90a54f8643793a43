"""The tokens of the stylesheet, for the style guide."""

import re
from functools import cache

from django.contrib.staticfiles.storage import staticfiles_storage

TOKEN = re.compile(r"^    --([a-z0-9-]+): ([^;]+);", re.MULTILINE)


@cache
def tokens() -> dict[str, list[tuple[str, str]]]:
    """Every token of the stylesheet by kind, as (name, value): read from the stylesheet, so that none is missing."""
    with staticfiles_storage.open("css/tierdash.css") as file:
        found = TOKEN.findall(file.read().decode().partition("@layer elements {")[0])
    kinds: dict[str, list[tuple[str, str]]] = {"colours": [], "type": [], "space": [], "radius": [], "other": []}
    for name, value in found:
        kinds[_kind(name, value)].append((name, value))
    return kinds


def _kind(name: str, value: str) -> str:
    if value.startswith("light-dark("):
        return "colours"
    if name.startswith("text-"):
        return "type"
    if re.fullmatch(r"s\d+", name):
        return "space"
    return "radius" if name.startswith("radius-") else "other"
