"""Channels in words: what they are, how they stand, what was answered. Load it with {% load channels %}."""

from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from accounts import notices
from accounts.actions import ChannelRefused
from accounts.gateways.letter import ACCEPTED, Outcome
from accounts.gateways.services import SERVICES
from accounts.models import Channel, Delivery
from accounts.models.channel import BY_PERSON, FAILING, GONE, MAIL
from accounts.templatetags import slugs
from accounts.templatetags.marked import Marked, fill
from accounts.templatetags.moments import instant

register = template.Library()

WAYS: slugs.Words = {
    "mail": pgettext_lazy("how a notice goes", "Mail"),
    "webhook": pgettext_lazy("how a notice goes", "Webhook"),
    "chat": pgettext_lazy("how a notice goes", "Chat"),
}
PAUSES: dict[str, tuple[str, str | Promise]] = {
    BY_PERSON: ("unknown", pgettext_lazy("a channel", "Paused")),
    FAILING: ("wrong", pgettext_lazy("a channel", "Paused: nothing arrived")),
    GONE: ("wrong", pgettext_lazy("a channel", "Paused: receiver is gone")),
}
CODES: slugs.Words = {
    "unreachable": gettext_lazy("The receiver cannot be reached."),
    "tls": gettext_lazy("No secure connection: its certificate is not trusted, or it speaks no TLS."),
    "no_answer": gettext_lazy("It was handed over, but no answer came: it may or may not have been taken."),
    "lost": gettext_lazy("The sender stopped before it was handed over."),
    "compose": gettext_lazy("The message could not be written."),
    "key": gettext_lazy("Its secrets cannot be opened: whoever runs tierdash must look at the keyring."),
    "messenger": gettext_lazy("It could not be sent from here in time."),
    "address": gettext_lazy("The address is not understood any more. Write it anew."),
}
# Where each service shows the address that is wanted here.
PLACES: slugs.Words = {
    "telegram": gettext_lazy("Make a bot with @BotFather, add it to the chat, and take its token and the chat's id."),
    "slack": gettext_lazy("Add an app with an incoming webhook to the channel, and copy the webhook's address."),
    "discord": gettext_lazy("Channel settings, Integrations, Webhooks: copy the webhook's address."),
    "teams": gettext_lazy(
        "Make a workflow that posts to the channel when a webhook request comes, and copy its address."
    ),
    "google-chat": gettext_lazy("Space, Apps & integrations, Webhooks: copy the webhook's address."),
    "mattermost": gettext_lazy("Integrations, Incoming webhooks: copy the webhook's address."),
    "rocket-chat": gettext_lazy("Administration, Integrations, Incoming: copy the webhook's address."),
    "matrix": gettext_lazy(
        "Take an access token of a user of its own, and the room's id. Rooms must not be encrypted."
    ),
    "ntfy": gettext_lazy("Choose a topic that nobody guesses, and subscribe to it in the app."),
    "gotify": gettext_lazy("Apps, Create application: take its token."),
    "pushover": gettext_lazy("Take your user key, and the token of an application that you make."),
    "bark": gettext_lazy("Open the app and copy its address with your device key."),
    "feishu": gettext_lazy("Group settings, Bots, Custom bot: copy the webhook's address."),
    "lark": gettext_lazy("Group settings, Bots, Custom bot: copy the webhook's address."),
    "dingtalk": gettext_lazy(
        "Group settings, Robots, Custom: copy the webhook's address; with a signature, its secret too."
    ),
    "wecom": gettext_lazy("Group settings, Group robots: copy the webhook's address."),
    "server-chan": gettext_lazy("Log in and copy your SendKey."),
}
REFUSALS: slugs.Words = {
    "too_many": gettext_lazy("You have as many channels as there can be. Remove one that you no longer need."),
    "made_before": gettext_lazy("This form has added a channel already. Load the page anew."),
    "too_soon": gettext_lazy("A test was sent a moment ago; please wait a little."),
}
VERIFY = '''import base64, hashlib, hmac, time


def is_from_tierdash(secret: str, headers, body: bytes) -> bool:
    """secret: whsec_...; headers by lower-case names; body: the bytes as they came."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    stamp = headers["webhook-timestamp"]
    signed = f"{headers['webhook-id']}.{stamp}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    is_fresh = abs(time.time() - int(stamp)) < 300
    return is_fresh and any(
        hmac.compare_digest(wanted, given) for given in headers["webhook-signature"].split()
    )
'''


@register.filter
def channel_kind(channel: Channel) -> str:
    """Webhook, or the name of the chat service."""
    service = SERVICES.get(channel.service)
    return service.name if service else slugs.word(WAYS, channel.kind)


@register.filter
def channel_address(channel: Channel) -> str:
    """All that is ever shown of an address."""
    return f"{channel.host} …{channel.tail}" if channel.tail else channel.host


@register.filter
def channel_state(channel: Channel) -> str:
    """One of the five states."""
    return _standing(channel)[0]


@register.filter
def channel_word(channel: Channel) -> str:
    return str(_standing(channel)[1])


def _standing(channel: Channel) -> tuple[str, str | Promise]:
    if channel.is_paused:
        return PAUSES[channel.paused_why]
    if channel.failures:
        return "now", pgettext("a channel", "Nothing arrives")
    if not channel.last_outcome:
        return "unknown", pgettext("a channel", "Not tried yet")
    if channel.last_outcome == ACCEPTED:
        return "fine", pgettext("a channel", "Works")
    return "now", pgettext("a channel", "The last test failed")


@register.filter
def channel_story(channel: Channel) -> Marked | str:
    """What there is to say beside the state: since when, how often."""
    if channel.paused_at and channel.paused_why == BY_PERSON:
        return fill(_("since {at}; nothing is sent"), at=instant(channel.paused_at))
    if channel.paused_at and channel.paused_why == GONE:
        return fill(_("{at}: it said that it is gone for good"), at=instant(channel.paused_at))
    if channel.failing_since:
        tries = ngettext("{count} try in vain", "{count} tries in vain", channel.failures).format(
            count=channel.failures
        )
        return fill(_("{tries} since {at}"), tries=tries, at=instant(channel.failing_since))
    return ""


@register.filter
def channel_answer(channel: Channel) -> str:
    """What was answered at the latest try."""
    return answer(channel.last_code, channel.last_words, is_taken=channel.last_outcome == ACCEPTED)


@register.filter
def wanted_kinds(channel: Channel) -> str:
    """How many kinds of notices a channel wants, in words."""
    count = sum(channel.wants(kind) for kind in notices.KINDS)
    if count == len(notices.KINDS):
        return _("Gets every notice")
    return _("Gets {count} of {all} kinds of notices").format(count=count, all=len(notices.KINDS))


@register.filter
def delivery_way(delivery: Delivery) -> str:
    """By what a delivery went: mail, or a channel by its name."""
    if delivery.channel == MAIL:
        return slugs.word(WAYS, MAIL)
    return delivery.via.name if delivery.via else f"{slugs.word(WAYS, delivery.channel)}: {delivery.address}"


@register.filter
def service_place(slug: str) -> str:
    """Where a service shows the address that is wanted."""
    return slugs.word(PLACES, slug)


@register.simple_tag
def verifying() -> str:
    """How a receiver checks who calls, in Python."""
    return VERIFY


def answer(code: str, words: str, *, is_taken: bool) -> str:
    """What a receiver answered; its own words stand behind."""
    if not code:
        return _("It was taken.") if is_taken else ""
    if code in CODES:
        return str(CODES[code])
    pattern = _("It answered {code}: redirects are not followed.") if code[0] == "3" else _("It answered {code}.")
    told = pattern.format(code=code)
    both = pgettext("what a receiver answered, and its own words", "{told} {words}")
    return both.format(told=told, words=words).strip()


def test_said(channel: Channel, outcome: Outcome) -> str:
    """What came of a test, in one or two sentences."""
    is_taken = outcome.kind == ACCEPTED
    pattern = _("{name} took the test.") if is_taken else _("The test did not arrive at {name}.")
    return f"{pattern.format(name=channel.name)} {answer(outcome.code, outcome.words, is_taken=is_taken)}".strip()


def refusal(error: Any) -> str:
    """Why something could not be done with a channel."""
    if isinstance(error, ChannelRefused):
        return slugs.word(REFUSALS, error.reason)
    return _("The keyring of this instance cannot be used, so no secret can be kept. Tell whoever runs tierdash.")
