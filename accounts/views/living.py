"""Parts of a page that keep themselves up to date: asked for again and again, sent only when they have changed."""

import hashlib
import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

# Stands in a part's template where its own version belongs, in the address it asks again.
VERSION = "version-of-this-part"
# A token is masked anew at each rendering and says nothing of the content.
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


def living(template: str, context: dict[str, Any], request: HttpRequest) -> tuple[SafeString, str]:
    """Return a part, with its version filled in, and that version."""
    html = render_to_string(template, context, request)
    version = hashlib.sha256(TOKEN.sub("", html).encode()).hexdigest()[:16]
    return mark_safe(html.replace(VERSION, version)), version  # noqa: S308 - a template of ours has escaped it


def answer(template: str, context: dict[str, Any], request: HttpRequest) -> HttpResponse:
    """Answer htmx with the part, or with 204 when the reader has this version already: nothing flickers."""
    html, version = living(template, context, request)
    if request.GET.get("version") == version:
        return HttpResponse(status=204)
    return HttpResponse(html)
