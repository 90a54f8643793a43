"""Parts of a page that keep themselves up to date: asked for again and again, sent only when they have changed.

The page carries the version of what it shows in its pulse (`_pulse.html`), which sends it along as a header: an address
would carry it into the links of the parts. What a person types into stands outside of these parts.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

# A token is masked anew at each rendering and says nothing of the content; nor do the way a part travels and the focus.
NO_CONTENT = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"| hx-swap-oob="true"| autofocus\b')


@dataclass(frozen=True, slots=True)
class Living:
    """The parts by name, and the version of them all."""

    parts: dict[str, SafeString]
    version: str


def living(names: Sequence[str], context: dict[str, Any], request: HttpRequest) -> Living:
    """Render the parts `_<name>.html`."""
    parts = {name: render_to_string(f"accounts/_{name}.html", context, request) for name in names}
    content = NO_CONTENT.sub("", "".join(parts.values()))
    return Living(parts, hashlib.sha256(content.encode()).hexdigest()[:16])


def answer(names: Sequence[str], context: dict[str, Any], request: HttpRequest) -> HttpResponse:
    """Answer htmx with the parts, each to its place, or with 204 when the reader has this version already."""
    live = living(names, context | {"oob": True}, request)
    if request.headers.get("X-Version") == live.version:
        return HttpResponse(status=204)
    return HttpResponse(whole(live, context, request))


def whole(live: Living, context: dict[str, Any], request: HttpRequest) -> str:
    """The parts, rendered with `oob`, the pulse that knows their version, and the count in the tab."""
    pulse = render_to_string("accounts/_pulse.html", context | {"oob": True, "version": live.version}, request)
    favicon = render_to_string("accounts/_favicon.html", {"oob": True}, request)
    return "\n".join([pulse, favicon, *live.parts.values()])
