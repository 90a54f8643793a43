"""The evidence of an account: its switches, a preview, the ticket's text, and the pack to take away."""

import base64
import logging
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts import actions, papers
from accounts.forms.evidence import EvidenceForm
from accounts.forms.people import LANGUAGE_NAMES
from accounts.gateways import files
from accounts.models import Account
from accounts.views.crediting import doubted
from accounts.views.requests import PersonRequest, find_account

log = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def evidence(request: PersonRequest, account_id: UUID) -> HttpResponse | FileResponse:
    """Show what would be in the pack, as the switches stand; for htmx the preview alone. A POST makes the pack."""
    held, now = find_account(request, account_id), timezone.now()
    case = papers.case_of(held, by=request.user, now=now)
    said = request.POST if request.method == "POST" else request.GET if "tier" in request.GET else None
    form = EvidenceForm(said, standing=case.standing, language=get_language() or "en")
    wishes = papers.Wishes(form.chosen["tier"], form.chosen["language"], form.hidden)
    made = papers.Evidence(case, wishes)
    status = 422 if form.errors else 200
    is_editor = not held.is_archived and Account.objects.editable_by(request.user).filter(pk=held.pk).exists()
    if request.method == "POST" and form.is_valid():
        pack = _packed(request, made)
        if pack is not None:
            return _hand_out(request, made, pack, now=now)
        status = 503
    template = "accounts/_evidence.html" if request.htmx else "accounts/evidence.html"
    return render(
        request, template, preview_of(made) | {"account": held, "form": form, "is_editor": is_editor}, status=status
    )


def preview_of(made: papers.Evidence) -> dict[str, object]:
    """What the preview shows of an evidence."""
    drawn = base64.b64encode(made.picture.svg().encode()).decode()
    return {
        "made": made,
        "rulebook": made.book,
        # A doubt tells amounts, so it is not told where they are hidden.
        "doubts": [] if made.wishes.hidden.amounts else doubted(made.case.standing.doubts),
        "picture": f"data:image/svg+xml;base64,{drawn}",
        "language": LANGUAGE_NAMES[made.wishes.language],
        "tickets": [(code, LANGUAGE_NAMES[code], words) for code, words in made.tickets.items()],
    }


def _packed(request: PersonRequest, made: papers.Evidence) -> papers.Pack | None:
    """Make the pack; None when that cannot be, and then the person is told why."""
    try:
        return made.pack()
    except (papers.CannotTypeset, files.Unreachable):
        log.exception("The evidence of account %s cannot be made.", made.case.account.pk)
        messages.error(request, _("The pack could not be made. Please try again in a minute."))
    except papers.ReceiptMissing as missing:
        pattern = _("The file of {name} is missing. Remove this receipt or attach it again, then make the pack.")
        messages.error(request, pattern.format(name=missing.name))
    return None


def _hand_out(
    request: PersonRequest, made: papers.Evidence, pack: papers.Pack, *, now: datetime
) -> HttpResponse | FileResponse:
    """Note in the history that a pack was made, and send it."""
    hides = [name for name in ("amounts", "names") if getattr(made.wishes.hidden, name)]
    actions.record_evidence(
        made.case.account,
        tier=made.wishes.tier,
        digest=pack.digest,
        language=made.wishes.language,
        hides=hides,
        by=request.user,
        now=now,
    )
    headers = {"Content-Disposition": f"attachment; filename=\"{pack.name}\"; filename*=UTF-8''{quote(pack.own_name)}"}
    content_type = "application/zip"
    if pack.file.seek(0, 2) > papers.IN_MEMORY:
        pack.file.seek(0)
        return FileResponse(pack.file, content_type=content_type, headers=headers)
    with pack.file:
        return HttpResponse(pack.content, content_type=content_type, headers=headers)
