"""Import payments for every account of a workspace from one table: a column says whose each row is."""

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.forms.imports import WorkspaceGivenForm
from accounts.gateways.tables import MOST_BYTES
from accounts.models import Account, Workspace
from accounts.views.imports import earlier_imports, take_in
from accounts.views.requests import PersonRequest, takes_up_to


@takes_up_to(lambda: MOST_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
@require_http_methods(["GET", "HEAD", "POST"])
def workspace_import(request: PersonRequest) -> HttpResponse:
    """The form that takes a file or pasted rows for all accounts; 404 to who may change none."""
    workspaces, now = list(Workspace.objects.editable_by(request.user)), timezone.now()
    if not workspaces:
        raise Http404
    is_sent = request.method == "POST"
    given = (request.POST, request.FILES) if is_sent else ()
    form = WorkspaceGivenForm(*given, workspaces=workspaces)
    if is_sent and form.is_valid() and (begun := take_in(request, form, form.home(), now=now)):
        return redirect("accounts:import", begun.pk)
    context = {
        "form": form,
        "address": request.path,
        "has_accounts": Account.objects.filter(workspace__in=workspaces).live().exists(),
        "earlier": [held for workspace in workspaces for held in earlier_imports(workspace)],
    }
    return render(request, "accounts/workspace_import.html", context, status=422 if form.errors else 200)
