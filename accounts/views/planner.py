"""The planner: from a wish to the tier it needs, and the dated ways there."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import actions, rules
from accounts.forms.planner import PlannerForm, said_of
from accounts.models import Account, Rulebook, Shelf
from accounts.views.crediting import doubted
from accounts.views.requests import PersonRequest, zone_of


@require_safe
@vary_on_headers("HX-Request")
def planner(request: PersonRequest) -> HttpResponse:
    """The whole page, or for htmx the answer with the fields that go with it."""
    return answer(request, request.GET, now=timezone.now())


def answer(request: PersonRequest, said: QueryDict, *, now: datetime, status: int = 200) -> HttpResponse:
    """Answer what was said. A foreign account or an edition that is not there is a 404."""
    shelf = Rulebook.objects.all().shelf()
    if not shelf:
        return render(request, "accounts/planner.html", {"form": None})
    form = form_of(request, said, shelf, now=now)
    context: dict[str, Any] = {"form": form, "rulebook": form.book, "account": form.held, "form_key": uuid.uuid4()}
    if form.is_valid() and (wish := form.wish) is not None:
        context |= {"wish": wish, "plans": plans_of(form, wish, shelf, now=now)}
        editable = Account.objects.editable_by(request.user)
        context["doubts"] = doubted(context["plans"].standing.doubts)
        context["may_adopt"] = form.held is not None and editable.filter(pk=form.held.pk).exists()
    status = 422 if form.errors else status
    if not request.htmx:
        return render(request, "accounts/planner.html", context, status=status)
    parts = [("_plans", context), ("_wish", context | {"oob": True})]
    html = [render_to_string(f"accounts/{name}.html", facts, request) for name, facts in parts]
    return HttpResponse("\n".join(html), status=status)


def form_of(
    request: PersonRequest,
    said: QueryDict,
    shelf: Shelf,
    *,
    now: datetime,
    kind: type[PlannerForm] = PlannerForm,
    offered: Iterable[str] = (),
) -> PlannerForm:
    """The form as it was said, with the person's live accounts to choose from."""
    accounts = Account.objects.visible_to(request.user).live()
    form = kind(said, accounts=accounts, shelf=shelf, zone=zone_of(request), now=now, offered=offered)
    if (said.get("account") and form.held is None) or str(form.data["rulebook"]) not in shelf:
        raise Http404
    return form


def plans_of(form: PlannerForm, wish: rules.Wish, shelf: Shelf, *, now: datetime) -> rules.Plans:
    """The plans of the chosen account, or of one that is to be opened."""
    if form.held is not None:
        return actions.plans_for(form.held, wish, shelf=shelf, wanted_at=form.wanted_at, now=now)
    return rules.plan_anew(form.book, wish, now, form.wanted_at)


def planner_address(account: Account) -> str:
    """The planner, filled with an account and its goal."""
    wish = said_of(account.wish) if account.wish is not None else {}
    return f"{reverse('accounts:planner')}?{urlencode({'account': account.pk, **wish})}"
