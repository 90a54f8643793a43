"""The sign of tierdash in the browser's tab: plain, or with the number of accounts that need somebody now."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from accounts.templatetags.frame import MOST_COUNTED

# The picture of an address never changes; the page names another address when the count is another.
KEPT_FOR_EVER = "public, max-age=31536000, immutable"
KEPT_FOR_A_DAY = "public, max-age=86400"
# It holds its own style for light and dark, and nothing else.
POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@login_not_required
@require_safe
def counted_icon(request: HttpRequest, count: int) -> HttpResponse:
    """Draw the sign with a count of 1 to 9, or "9+"."""
    if not 1 <= count <= MOST_COUNTED:
        raise Http404
    number = "9+" if count > 9 else str(count)
    headers = {"Cache-Control": KEPT_FOR_EVER, "Content-Security-Policy": POLICY}
    picture = render_to_string("accounts/icon.svg", {"number": number})
    return HttpResponse(picture, content_type="image/svg+xml", headers=headers)


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """For browsers that ask for it unbidden."""
    with staticfiles_storage.open("icons/logo-48.png") as picture:
        return HttpResponse(picture.read(), content_type="image/png", headers={"Cache-Control": KEPT_FOR_A_DAY})
