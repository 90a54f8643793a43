"""Words that are plain text in a mail and markup on a page: one object, made once."""

import re
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

TAG = re.compile(r"</?b>")


class Marked(str):
    """A string whose text is plain. A template with autoescape on (a page, an HTML mail) shows `markup` instead."""

    markup: SafeString

    def __new__(cls, text: str, markup: SafeString) -> "Marked":
        marked = super().__new__(cls, text)
        marked.markup = markup
        return marked

    def __html__(self) -> SafeString:
        return self.markup


def fill(pattern: str, **values: Any) -> Marked:
    """Put values into a pattern such as "Top up <b>{amount}</b>."; markup in values is escaped, <b> is the only tag."""
    # format_html insists on values; a pattern of ours without any is markup as it stands.
    markup = format_html(pattern, **values) if values else SafeString(pattern.format())
    return Marked(TAG.sub("", pattern).format(**values), markup)
