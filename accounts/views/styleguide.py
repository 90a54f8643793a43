"""The style guide, for staff: every token and every component in every state, from samples and the real rules."""

from datetime import datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from accounts import actions, notices, papers, rules
from accounts.forms import ProfileForm
from accounts.forms.accounts import ChoosesEdition, FirstLines, OpenAccountForm
from accounts.forms.capacity import CapacityForm
from accounts.forms.doctor import DoctorForm
from accounts.forms.escalations import SNOOZE_DAYS, SnoozeForm, TicketForm
from accounts.forms.evidence import EvidenceForm
from accounts.forms.exports import LeaveForm, RestoreForm
from accounts.forms.payments import PaymentForm
from accounts.forms.planner import PlannerForm
from accounts.models import Delivery, Feed, Workspace
from accounts.models.feed import new_seed
from accounts.notices import compose
from accounts.templatetags import handbook
from accounts.templatetags.frame import PLANNING, Page
from accounts.views import bridging, calling, proofs, samples, samples_of_credit, scripts, taken, worked
from accounts.views.account import models_of, unlocks_of
from accounts.views.board import ADVICE_ORDER, Row
from accounts.views.capacity import answer_to
from accounts.views.climbing import WalkedStep
from accounts.views.evidence import preview_of
from accounts.views.feed import shown
from accounts.views.import_samples import imports
from accounts.views.mailbox import MAIL_POLICY, staff_only
from accounts.views.matrix import matrix, readers
from accounts.views.requests import PersonRequest, zone_of
from accounts.views.specimens import SPECIMENS
from accounts.views.stylesheet import tokens

STATES = ("now", "soon", "fine", "unknown", "wrong")
LEVELS = (constants.SUCCESS, constants.INFO, constants.WARNING, constants.ERROR)
MOST_MODELS = 6


@require_safe
@staff_only
def styleguide(request: PersonRequest) -> HttpResponse:
    now = timezone.now()
    rows = samples.rows(now=now)
    book = rows[0].rulebook
    context = {
        "tokens": tokens(),
        "states": STATES,
        "samples": rows,
        "silence": {"silent_since": now - timedelta(minutes=12)},
        "fallen": samples.fallen(now=now),
        "sample": rows[0],
        "timeline": samples.timeline(now=now),
        "unlocks": unlocks_of(book, now),
        "messages_shown": [Message(level, _("A sentence that says what happened.")) for level in LEVELS],
        "mails": [kind for kind in notices.KINDS if kind != "tier_seen"],
        **_board(rows),
        **_account(request, rows[0], now),
        **_forms(request, rows[0], now),
        **_models(rows, now),
        **_planner(request, now),
        **_capacity(rows, now),
        **_feed(request, now),
        **_leaving(request),
        **_climb(request, now),
        **_guide(book),
        **_evidence(request, now),
        **imports(rows, now=now),
        "files": taken.files(now=now),
        "notices": list(samples.listed(rows[0], request.user, now=now)),
        "shelf": samples.shelf(),
        "case": samples.case(rows[0], "headers", now=now),
        "token": "-",
        "specimens": SPECIMENS,
        "bridging": bridging.samples(now=now),
        "proofs": proofs.samples(now=now),
        "calling": calling.samples(by=request.user, row=rows[0], now=now),
        "made": scripts.made(now=now),
        "tokens_shown": scripts.tokens(now=now),
        "fields_shown": scripts.FIELDS,
    }
    return render(request, "accounts/styleguide.html", context)


@require_safe
@staff_only
@xframe_options_sameorigin
def styleguide_mail(request: PersonRequest, kind: str) -> HttpResponse:
    """A mail of this kind as it would be sent now, for the sandboxed frame of the style guide."""
    now = timezone.now()
    by_kind = {"upgrade_ready": "top_up", "contact_support": "contact_support", notices.credit.KIND: "top_up"}
    fitting = [row for row in samples.rows(now=now) if row.standing["advice"]["code"] == by_kind.get(kind)]
    if not fitting:
        raise Http404
    if kind == notices.credit.KIND:
        notice = samples_of_credit.reminder(fitting[0].account, request.user, now=now)
    else:
        notice = samples.notice(fitting[0], kind, request.user, now=now)
    letter = compose.letter(Delivery(notice=notice, address=request.user.email, created_at=now), samples.shelf())
    body = message_from_bytes(letter.content, policy=policy.default).get_body(("html",))
    return HttpResponse(body.get_content() if body else "", headers={"Content-Security-Policy": MAIL_POLICY})


def _board(rows: list[Row]) -> dict[str, Any]:
    tiers = rows[0].rulebook.tiers
    return {
        "rows": rows[:3],
        "acts": [row for row in rows if row.is_to_act],
        "coming": [row for row in rows if row.next_at],
        "page": Paginator(range(500), 50).get_page(5),
        "total": len(rows),
        "query": {},
        "providers": [(rows[0].rulebook.provider.id, rows[0].rulebook.provider.name)],
        "advice_codes": ADVICE_ORDER,
        "by_advice": [(code, 1) for code in ADVICE_ORDER],
        "by_tier": [("OpenAI", "openai", tier, tier.rank + 1) for tier in tiers],
    }


def _account(request: PersonRequest, row: Row, now: datetime) -> dict[str, Any]:
    entries = samples.ledger(row.account, now=now)
    standing = samples.assess(samples.SAMPLES[0], now=now)[1]
    context: dict[str, Any] = {
        "account": row.account,
        "rulebook": row.rulebook,
        "standing": row.standing | {"hints": ["tax_unknown", "newer_edition"]},
        "is_editor": True,
        "tiers": row.rulebook.tiers,
        "missing": rules.REQUIREMENTS[:1],
        "confirmed": rules.REQUIREMENTS[1:2],
        "entries": entries,
        "proved": (1, len(entries)),
        **samples_of_credit.credit(row.account, [payment for payment, _entry in entries], now=now),
        "doubts": samples_of_credit.doubts(row.account, now=now),
        "entry_count": len(entries) + 1,
        "correcting": set(),
        "events": samples.events(row.account, request.user, now=now),
        "models": models_of(row.account, standing, "", now=now)[:MOST_MODELS],
        "payment": samples.ledger(row.account, now=now)[0][0],
    }
    names = ("ledger", "credit", "model_list")
    return context | {"parts": {name: render_to_string(f"accounts/_{name}.html", context, request) for name in names}}


def _climb(request: PersonRequest, now: datetime) -> dict[str, Any]:
    row, path, escalation = samples.climb(now=now)
    experience, listed = samples.climbs(row, now=now)
    return {
        "climb": row,
        "path": path,
        "escalation": escalation,
        "walked": [WalkedStep(step, place, str(request.user)) for place, step in enumerate(path.steps, start=1)],
        "is_snoozed": True,
        "experience": experience,
        "climbs": listed,
        "snooze_days": SNOOZE_DAYS,
        "snooze_form": SnoozeForm(zone=zone_of(request), now=now),
        "ticket_form": TicketForm(),
    }


def _forms(request: PersonRequest, row: Row, now: datetime) -> dict[str, Any]:
    zone, shelf = zone_of(request), samples.shelf()
    facts: dict[str, Any] = {"account": row.account, "zone": zone, "now": now}
    wrong = {"gross": "-5", "day": "2999-12-31", "kind": "purchase", "currency": "EURO", "status": "succeeded"}
    profile = ProfileForm.of(request.user, {"name": "Ann", "language": "en", "time_zone": "Mars/Olympus"})
    profile.auto_id = "profile_%s"
    return {
        "form": PaymentForm(**facts),
        "doctor_form": DoctorForm(accounts=[], auto_id="doctor_%s"),
        "wrong_form": PaymentForm(wrong, auto_id="wrong_%s", **facts),
        "profile_form": profile,
        "open_form": OpenAccountForm(shelf=shelf, now=now, auto_id="open_%s"),
        "lines": FirstLines(prefix="lines", form_kwargs={"zone": zone, "now": now}),
        "move_form": ChoosesEdition(
            shelf=shelf, now=now, provider="openai", auto_id="move_%s", initial={"edition": row.rulebook.id}
        ),
    }


def _planner(request: PersonRequest, now: datetime) -> dict[str, Any]:
    shelf, (plans, _book) = samples.shelf(), samples.planned(now=now)
    facts: dict[str, Any] = {"accounts": [], "shelf": shelf, "zone": zone_of(request), "now": now}
    missing = rules.plan(shelf[samples.OPENAI], [], rules.Seen("free"), rules.Wish(model="o3"), now)
    followed = []
    for kind, days in (("cheapest", 3), ("all_at_once", 5)):
        plan, following, payments = samples.adopted(kind, days, now=now)
        steps = [(step, payments if step.by else []) for step in following.steps]
        followed.append({"plan": plan, "following": following, "steps": steps})
    return {
        "wish_form": PlannerForm(QueryDict("model=o3-mini&by=2000-01-01"), **facts),
        "planning": [Page(label, reverse(f"accounts:{name}"), name == "capacity") for name, label in PLANNING.items()],
        "wish": plans.need.wish,
        "plans": plans,
        "missing_plans": missing,
        "followed_plans": followed,
        "form_key": "",
    }


def _evidence(request: PersonRequest, now: datetime) -> dict[str, Any]:
    """The evidence of the sample whose upgrade is overdue."""
    case = samples.overdue(request.user, now=now)
    made = papers.Evidence(case, papers.Wishes("tier-2", "en"))
    switches = EvidenceForm(standing=case.standing, language="en", auto_id="evidence_%s")
    return {"evidence": preview_of(made) | {"account": case.account, "form": switches}}


def _models(rows: list[Row], now: datetime) -> dict[str, Any]:
    book = rows[0].rulebook
    mine = readers([row.account for row in rows if row.rulebook is book], book, now=now)
    states: dict[str, Any] = {}
    for model in matrix(book, book.models, on=now.date(), mine=mine):
        states.setdefault(model.state, model)
    return {
        "matrix_rows": [*states.values()],
        "has_mine": True,
        "before": samples.shelf()["openai/2024-12"],
        "current": samples.shelf().in_force("openai", now.date()),
    }


def _capacity(rows: list[Row], now: datetime) -> dict[str, Any]:
    """What the samples give of a demand, and a form with mistakes."""
    shelf = samples.shelf()
    asked = CapacityForm({"model": "gpt-4o", "rpm": "5k", "tpm": "500k"}, shelf=shelf)
    asked.is_valid()
    wrong = CapacityForm({"model": "gpt-4o", "tpm": "1,5"}, shelf=shelf, auto_id="capacity_%s")
    return {**answer_to(asked, rows, [*shelf.values()], now=now), "capacity_form": wrong, "has_accounts": True}


def _feed(request: PersonRequest, now: datetime) -> dict[str, Any]:
    """A calendar that just moved to another address."""
    return shown(Feed(user=request.user, seed=new_seed(), former_seed=new_seed(), changed_at=now), now=now)


def _leaving(request: PersonRequest) -> dict[str, Any]:
    """A workspace to take away, a file that was refused, and somebody who leaves."""
    home = Workspace(name=_("Sample"))
    restore_form = RestoreForm({}, user=request.user, auto_id="restore_%s")
    restore_form.add_error("document", "accounts[3].payments[0].gross: 0")
    leave_form = LeaveForm({"email": "ann@example.org"}, user=request.user, auto_id="leave_%s")
    return {
        "workspace": home,
        "restore_form": restore_form,
        "leave_form": leave_form,
        "leaving": actions.Leaving((home,), ((Workspace(name=_("Sample")), request.user),)),
    }


def _guide(book: rules.Rulebook) -> dict[str, Any]:
    return {
        "marks": handbook.MARKS,
        "source": samples.shelf()["openai/2024-12"].sources[1],
        "chapters": handbook.CHAPTERS[:1],
        "steps": worked.whole(book, book.tier("tier-2")),
        "limit": book.limits[0],
        "article": book,
        "then": samples.shelf()["openai/2024-12"],
    }
