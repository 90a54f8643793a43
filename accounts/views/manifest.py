"""What makes tierdash installable: its name in each language, its icons, its colours."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.views.icons import KEPT_FOR_A_DAY

# `--paper` and `--surface` of tierdash.css, light: a manifest knows one of each.
PAPER, SURFACE = "#f7f7f4", "#ffffff"
ICONS = (("logo", "any"), ("maskable", "maskable"))
SIZES = (192, 512)


@login_not_required
@require_safe
def manifest(request: HttpRequest, language: str) -> JsonResponse:
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language):
        facts = {
            "id": "/",
            "name": _("tierdash: usage tiers of API accounts"),
            "short_name": "tierdash",
            "description": _("Know which tier each API account has earned, what to pay, and when."),
            "lang": language,
            "start_url": reverse("accounts:board"),
            "scope": "/",
            "display": "standalone",
            "background_color": PAPER,
            "theme_color": SURFACE,
            "icons": [
                {
                    "src": static(f"icons/{name}-{size}.png"),
                    "sizes": f"{size}x{size}",
                    "type": "image/png",
                    "purpose": purpose,
                }
                for name, purpose in ICONS
                for size in SIZES
            ],
            "shortcuts": [{"name": _("Add account"), "url": reverse("accounts:open-account")}],
        }
    headers = {"Cache-Control": KEPT_FOR_A_DAY}
    return JsonResponse(facts, content_type="application/manifest+json", headers=headers)
