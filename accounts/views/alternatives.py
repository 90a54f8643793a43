"""Alternatives: what there is when no tier does it, or not in time, side by side and without advertising."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import rules
from accounts.forms.alternatives import AlternativesForm, Choices
from accounts.models import Account, Relay, Rulebook, Shelf
from accounts.templatetags.sayings import tier_name
from accounts.views.bridges import Shown, shown, standings_of
from accounts.views.requests import PersonRequest, zone_of

DEFAULT_EDITION = "openai/2025-05"
MOST_RELAYS = 50


@dataclass(frozen=True, slots=True)
class Asker:
    """Who has the aim: an account, or somebody who has none yet and goes by an edition."""

    rulebook: rules.Rulebook
    account: Account | None
    others: Sequence[Account]

    @property
    def value(self) -> str:
        return str(self.account.pk) if self.account else self.rulebook.id

    def confirmed(self, now: datetime) -> list[str]:
        met = self.account.confirmed_at if self.account else {}
        return [need for need, since in met.items() if since <= now]

    @property
    def usual_aim(self) -> str:
        """The goal of the account; else the tier above the seen one, or the top."""
        held, book = self.account, self.rulebook
        goal = held.wish if held is not None else None
        if goal is not None and goal.model:
            return f"model:{goal.model}"
        if goal is not None and book.has_tier(goal.tier):
            return f"tier:{goal.tier}"
        rank = book.tier(held.seen_tier).rank if held is not None and book.has_tier(held.seen_tier) else -1
        return "tier:" + next((tier.id for tier in book.tiers if tier.rank > rank), book.top.id)


@require_safe
@vary_on_headers("HX-Request")
def alternatives(request: PersonRequest) -> HttpResponse:
    """The whole page, or for htmx the comparison with the choices that go with it."""
    now, shelf = timezone.now(), Rulebook.objects.all().shelf()
    if not shelf:
        return render(request, "accounts/alternatives.html", {"form": None})
    accounts = list(Account.objects.visible_to(request.user).live())
    relays = list(Relay.objects.visible_to(request.user).live().select_related("bridges")[:MOST_RELAYS])
    asker = _asker(request.GET.get("account", ""), accounts, shelf)
    form = _form(request, asker, accounts, relays, shelf, now=now)
    context: dict[str, Any] = {"form": form, "rulebook": asker.rulebook, "account": asker.account, "oob": request.htmx}
    if form.is_valid():
        context |= _compared(asker, form.said(), relays, shelf, now=now)
    template = "accounts/_alternatives.html" if request.htmx else "accounts/alternatives.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _asker(wish: str, accounts: Sequence[Account], shelf: Shelf) -> Asker:
    """The account or edition that is asked for; 404 when the person has no such. Else one that has a goal."""
    if wish in shelf:
        return Asker(shelf[wish], None, accounts)
    found = [held for held in accounts if wish in ("", str(held.pk)) and held.rulebook_id in shelf]
    if wish and not found:
        raise Http404
    if not found:
        return Asker(shelf.get(DEFAULT_EDITION) or next(iter(shelf.values())), None, accounts)
    held = next((one for one in found if one.goal), found[0])
    return Asker(shelf[held.rulebook_id], held, [other for other in accounts if other is not held])


def _form(
    request: PersonRequest,
    asker: Asker,
    accounts: Sequence[Account],
    relays: Sequence[Relay],
    shelf: Shelf,
    *,
    now: datetime,
) -> AlternativesForm:
    aims = _aims(asker.rulebook, relays)
    typed = QueryDict(mutable=True)
    typed.update({name: request.GET[name] for name in ("by", "spend", "aim") if name in request.GET})
    # An aim that another account's rules had is no mistake: the account was changed after it.
    known = {value for _group, choices in aims for value, _name in choices}
    if typed.get("aim") not in known and not (typed.get("spend") and typed.get("aim") == ""):
        typed["aim"] = asker.usual_aim if asker.usual_aim in known else next(iter(known))
    typed["account"] = asker.value
    choices = _accounts(accounts, shelf, now)
    return AlternativesForm(
        typed, accounts=choices, aims=[("", _("only the spend")), *aims], zone=zone_of(request), now=now
    )


def _accounts(accounts: Sequence[Account], shelf: Shelf, now: datetime) -> Choices:
    mine = [(str(held.pk), held.name) for held in accounts if held.rulebook_id in shelf]
    current = [
        book
        for book in shelf.values()
        if book.id == DEFAULT_EDITION or shelf.in_force(book.provider.id, now.date()) is book
    ]
    fresh = [(book.id, f"{book.provider.name}: {book.edition}") for book in current]
    # An edition that the address names is offered, too, however old it is.
    rest = [(book.id, f"{book.provider.name}: {book.edition}") for book in shelf.values() if book not in current]
    groups = [(_("Your accounts"), mine), (_("No account yet, by the rules of"), fresh), (_("Other editions"), rest)]
    return [(label, options) for label, options in groups if options]


def _aims(book: rules.Rulebook, relays: Sequence[Relay]) -> Choices:
    """The tiers and models of an edition, and the further models that relays offer."""
    models = [(f"model:{model.id}", model.name) for model in book.models]
    known = {model.id.lower() for model in book.models}
    offered = dict.fromkeys(one.rpartition("/")[2] for relay in relays for one in relay.model_ids)
    more = [(f"model:{one}", one) for one in offered if one and one.lower() not in known]
    groups = [
        (_("Tiers"), [(f"tier:{tier.id}", tier_name(tier)) for tier in book.tiers]),
        (_("Models"), models),
        (_("Further models of your relays"), more),
    ]
    return [(label, options) for label, options in groups if options]


def _compared(asker: Asker, aim: rules.Aim, relays: Sequence[Relay], shelf: Shelf, *, now: datetime) -> dict[str, Any]:
    """The comparison, and the accounts and relays that it names."""
    book, on = asker.rulebook, now.date()
    standing = None
    if asker.account is not None:
        standing = standings_of([asker.account], shelf, now=now).get(asker.account.pk)
    lowest = rules.lowest_tier(book, aim, asker.confirmed(now), on)
    others = [other for other in asker.others if _has_it(other, aim, book, shelf, now)]
    rows = shown(relays, shelf, now=now)
    ways = rules.alternatives(
        book,
        aim,
        lowest,
        now,
        standing=standing,
        others=[str(other.pk) for other in others],
        offered=[_offer(row, aim) for row in rows],
    )
    accounts, mine = {str(other.pk): other for other in others}, {str(row.relay.pk): row for row in rows}
    compared = [
        {
            "way": way,
            "accounts": [accounts[one] for one in way.ids if one in accounts],
            "relays": [(mine[one], _lists(mine[one], aim)) for one in way.ids if one in mine],
        }
        for way in ways
    ]
    return {"aim": aim, "lowest": lowest, "ways": ways, "compared": compared, "now": now}


def _has_it(other: Account, aim: rules.Aim, book: rules.Rulebook, shelf: Shelf, now: datetime) -> bool:
    """Whether another account of the same provider has what is aimed at."""
    its = shelf.get(other.rulebook_id)
    if its is None or its.provider.id != book.provider.id or not its.has_tier(other.seen_tier):
        return False
    confirmed = [need for need, since in other.confirmed_at.items() if since <= now]
    return rules.has_it(its, aim, its.tier(other.seen_tier), confirmed, now.date())


def _offer(row: Shown, aim: rules.Aim) -> rules.RelayOffer:
    return rules.RelayOffer(str(row.relay.pk), _lists(row, aim), row.condition)


def _lists(row: Shown, aim: rules.Aim) -> bool:
    return bool(aim.model) and rules.offers_model(row.relay.model_ids, aim.model)
