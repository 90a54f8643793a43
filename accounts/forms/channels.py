"""The forms of a channel: where notices go beside mail. Addresses hold secrets: one that is stored is never shown."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from accounts import actions, notices
from accounts.forms.fields import KeyField, LineField
from accounts.gateways import chat
from accounts.gateways.receivers import BadAddress, webhook_address
from accounts.gateways.services import SERVICES, Service
from accounts.models import Channel, User
from accounts.models.channel import CHAT, WEBHOOK
from accounts.templatetags.slugs import NOTICE_KINDS

LOOK_SECONDS = 2
ADDRESSES: dict[str, Any] = {
    "not_understood": _("This is no address of this kind. Compare it with the example."),
    "other_service": _("This is the address of another service. Go back and choose that one."),
    "many": _("Name one receiver. Add another channel for the next one."),
    "option": _("Leave out what follows the question mark, or part of it: it is not taken here."),
    "credentials": _("Write the address without a name and password before the @. The signature shows who calls."),
    "fragment": _("Leave out what follows the #."),
    "open_http": _(
        "The address must begin with https. Written as Apprise does, the word before :// ends with an s, as in gotifys."
    ),
    "port": _("Only port 443 can be called. Whoever runs tierdash can allow others in their own network."),
    "inner": _("This address is not on the open internet. Whoever runs tierdash can allow it by name."),
    "long": _("This address is too long to be one."),
    "busy": _("The address could not be looked at in time. Please try again."),
    "too_soon": _("An address was looked at a moment ago; please send the form again."),
}


class ChannelForm(forms.Form):
    """A name, an address and the wanted kinds. `service`: a chat service; None for a webhook.

    With `channel` it changes that one, and an empty address leaves it where it goes.
    """

    name = LineField(label=_("Name"), max_length=100, help_text=_("By which you and your workspace know it."))
    target = forms.CharField(
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "spellcheck": "false",
                "autocapitalize": "none",
                "inputmode": "url",
                "data-forget": "",  # a secret does not go into the browser's storage
            }
        )
    )
    kinds = forms.MultipleChoiceField(
        label=_("Send it when"),
        choices=[(kind, NOTICE_KINDS[kind]) for kind in notices.KINDS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one, or pause the channel.")},
    )
    form_key = KeyField(required=False)

    def __init__(
        self, *args: Any, user: User, service: Service | None = None, channel: Channel | None = None, **options: Any
    ) -> None:
        begun: dict[str, Any] = {
            "form_key": uuid.uuid4(),
            "name": service.name if service else pgettext("how a notice goes", "Webhook"),
        }
        begun["kinds"] = list(notices.KINDS)
        if channel is not None:
            begun |= {"name": channel.name, "kinds": [kind for kind in notices.KINDS if channel.wants(kind)]}
        options["initial"] = begun
        super().__init__(*args, **options)
        self.user, self.service = user, service
        self.receiver: actions.Receiver | None = None
        target = self.fields["target"]
        target.label = _("Address of %(service)s") % {"service": service.name} if service else _("Address")
        target.required = channel is None
        target.help_text = render_to_string("accounts/_channel_hint.html", {"service": service, "channel": channel})

    def clean_target(self) -> str:
        typed: str = self.cleaned_data["target"]
        if typed:
            try:
                self.receiver = self._read(typed)
            except BadAddress as error:
                raise ValidationError(ADDRESSES[error.code], code=error.code) from error
        return typed

    def _read(self, typed: str) -> actions.Receiver:
        if self.service is None:
            address = webhook_address(typed, settings.OUTSIDE)
            return actions.Receiver(WEBHOOK, "", address.url, address.host)
        if not cache.add(f"channel-look-{self.user.pk}", "", LOOK_SECONDS):  # it starts a program
            raise BadAddress("too_soon")
        host = chat.look_at(self.service.slug, typed, settings.OUTSIDE)
        return actions.Receiver(CHAT, self.service.slug, typed, host)

    def facts(self) -> dict[str, Any]:
        """What the valid form says of name and kinds, as the actions take it."""
        wanted = self.cleaned_data["kinds"]
        muted = [kind for kind in notices.KINDS if kind not in wanted]
        return {"name": self.cleaned_data["name"], "muted_kinds": muted}

    @property
    def key(self) -> uuid.UUID:
        key: uuid.UUID | None = self.cleaned_data["form_key"]
        return key or uuid.uuid4()


def service_of(channel: Channel) -> Service | None:
    """The chat service of a channel; None for a webhook."""
    return SERVICES[channel.service] if channel.kind == CHAT else None
