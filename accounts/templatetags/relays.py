"""A relay in words, and how it is called. Load it with {% load relays %}."""

import json
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import rules
from accounts.models import RelayEvent
from accounts.templatetags import figures, moments, sayings, slugs
from accounts.templatetags.marked import Marked, fill

register = template.Library()

CONDITIONS: slugs.Words = {
    "usable": gettext_lazy("Usable"),
    "expires_soon": gettext_lazy("Expires soon"),
    "empty": gettext_lazy("Empty"),
    "expired": gettext_lazy("Expired"),
    "unchecked": gettext_lazy("Balance unknown"),
}
CONDITION_STATES = {"usable": "fine", "expires_soon": "soon", "empty": "now", "expired": "wrong"}
BRIDGES: slugs.Words = {
    "needed": gettext_lazy("Still needed"),
    "due_soon": gettext_lazy("Soon no longer needed"),
    "due_now": gettext_lazy("No longer needed once lifted"),
    "reached": gettext_lazy("No longer needed"),
    "unknown": gettext_lazy("Nobody can say how long"),
}
BRIDGE_STATES = {"needed": "soon", "due_soon": "soon", "due_now": "now", "reached": "fine"}
FIELDS: slugs.Words = {
    "name": gettext_lazy("name"),
    "base_url": gettext_lazy("base URL"),
    "model_ids": gettext_lazy("models"),
    "expires_on": gettext_lazy("last day"),
    "bridges": gettext_lazy("stands in for"),
    "bridge_tier": gettext_lazy("waits for"),
    "bridge_model": gettext_lazy("waits for"),
    "notes": gettext_lazy("notes"),
}
# What stands in the example where a relay lists no model.
ANY_MODEL = "MODEL"
QUESTION = "Say hello in one sentence."


condition_word = slugs.words_of(register, "condition_word", CONDITIONS)


@register.filter
def condition_state(code: str) -> str:
    return CONDITION_STATES.get(code, "unknown")


bridge_word = slugs.words_of(register, "bridge_word", BRIDGES)


@register.filter
def bridge_state(code: str) -> str:
    return BRIDGE_STATES.get(code, "unknown")


@register.simple_tag
def aim_called(book: rules.Rulebook, tier_id: str, model_id: str) -> str:
    """The name of what is waited for; an id that the edition does not know is shown as it is."""
    if tier_id:
        return sayings.tier_name(book.tier(tier_id)) if book.has_tier(tier_id) else tier_id
    model = book.model(model_id)
    return model.name if model else model_id


@register.simple_tag
def bridge_says(bridge: rules.Bridge, account: str, aim: str) -> Marked:
    """Whether the account still needs the relay, in one sentence. A date is when the rules' gates are met."""
    values: dict[str, Any] = {"account": account, "aim": aim}
    if bridge.code == "reached":
        return fill(_("<b>{account}</b> has <b>{aim}</b>: this relay is no longer needed for it."), **values)
    if bridge.code == "due_now":
        return fill(
            _("<b>{aim}</b> is due for <b>{account}</b>: once it is lifted, this relay is no longer needed."), **values
        )
    if bridge.code == "due_soon" and bridge.ready_at is not None:
        return fill(
            _("The wait of <b>{account}</b> ends <b>{ready}</b>: with <b>{aim}</b>, this relay is no longer needed."),
            ready=moments.instant(bridge.ready_at),
            **values,
        )
    if bridge.code == "needed" and bridge.ready_at is not None:
        return fill(
            _("Stands in until <b>{account}</b> has <b>{aim}</b>. Its wait ends <b>{ready}</b>."),
            ready=moments.instant(bridge.ready_at),
            **values,
        )
    if bridge.code == "needed":
        return fill(_("Stands in until <b>{account}</b> has <b>{aim}</b>. Money is still missing for it."), **values)
    return fill(_("Stands in until <b>{account}</b> has <b>{aim}</b>. Nobody publishes when that is."), **values)


@register.filter
def balance(amount: Decimal | None, currency: str) -> str:
    """A balance in its own currency; cents of cents only where there are any."""
    if amount is not None and amount != round(amount, 2):
        return f"{figures.number(amount)} {currency}"
    return figures.money(amount, currency)


@dataclass(frozen=True, slots=True)
class Example:
    """A request, ready to be run: the key stands in the variable API_KEY."""

    id: str
    title: str
    text: str


@register.simple_tag
def examples(base_url: str, model_id: str) -> list[Example]:
    """Return a request to a relay in each of the ways that people use. Whatever the names hold stays text."""
    model = model_id or ANY_MODEL
    return [
        Example("curl", _("curl"), curl(base_url, model)),
        Example("python", _("Python, standard library"), python(base_url, model)),
        Example("openai", _("Python, package openai"), openai(base_url, model)),
    ]


def curl(base_url: str, model_id: str) -> str:
    # ASCII only: a character that turns the direction of writing would make the line look like another one.
    body = json.dumps({"model": model_id, "messages": [{"role": "user", "content": QUESTION}]})
    return (
        f"curl {shlex.quote(f'{base_url}/chat/completions')} \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        '  -H "Authorization: Bearer $API_KEY" \\\n'
        f"  -d {shlex.quote(body)}\n"
    )


def _literal(text: str) -> str:
    """Return a Python string with double quotes where they do, as people write it; ASCII only."""
    quoted = ascii(f"'{text}")
    return f'"{quoted[2:]}' if quoted[0] == '"' else ascii(text)


def python(base_url: str, model_id: str) -> str:
    return f"""import json
import os
import urllib.request

request = urllib.request.Request(
    {_literal(f"{base_url}/chat/completions")},
    data=json.dumps({{
        "model": {_literal(model_id)},
        "messages": [{{"role": "user", "content": {_literal(QUESTION)}}}],
    }}).encode(),
    headers={{
        "Content-Type": "application/json",
        "Authorization": "Bearer " + os.environ["API_KEY"],
    }},
)
with urllib.request.urlopen(request) as answer:
    print(json.load(answer)["choices"][0]["message"]["content"])
"""


def openai(base_url: str, model_id: str) -> str:
    return f"""import os

from openai import OpenAI

client = OpenAI(base_url={_literal(base_url)}, api_key=os.environ["API_KEY"])
answer = client.chat.completions.create(
    model={_literal(model_id)},
    messages=[{{"role": "user", "content": {_literal(QUESTION)}}}],
)
print(answer.choices[0].message.content)
"""


def _edited(facts: Mapping[str, Any]) -> Marked:
    # The database keeps facts in an order of its own.
    fields = dict.fromkeys(str(word) for name, word in FIELDS.items() if name in facts["changed"])
    return fill(_("Edited: {fields}"), fields=_(", ").join(fields))


def _noted(facts: Mapping[str, Any]) -> Marked:
    after = facts["after"]
    amount = balance(Decimal(after["balance"]), after["currency"])
    return fill(_("Balance {amount}, seen {when}"), amount=amount, when=moments.day(after["seen_at"]))


@register.filter
def relay_happened(event: RelayEvent) -> Any:
    """What happened to a relay, as a sentence; one without words, or whose facts came from elsewhere, by its name."""
    with suppress(ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return _sentence(event)
    return event.kind.replace("_", " ")


def _sentence(event: RelayEvent) -> Marked:
    """LookupError for a kind without words."""
    if event.kind == "relay_edited":
        return _edited(event.facts)
    if event.kind == "balance_noted":
        return _noted(event.facts)
    sentences = {
        "relay_opened": _("Added with the address {base_url}"),
        "relay_archived": _("Put into the archive"),
        "relay_restored": _("Taken back from the archive"),
    }
    return fill(sentences[event.kind], **event.facts)
