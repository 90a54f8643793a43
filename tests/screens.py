"""Photograph every page that matters into docs/screens/: `make screens`. The demo's clock stands still."""

import base64
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django
from playwright.sync_api import Page

from tierdash.launcher import postgres

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screens"
SHOWN = {
    "log-in": "Log in",
    "first-board": "The board of somebody new",
    "board": "The board",
    "account": "An account: a small top-up may lift it",
    "account-every-payment": "An account with payments of every kind",
    "account-in-doubt": "An account with a gate in doubt, and credit that expires",
    "account-opaque": "An account whose provider publishes no conditions",
    "receipts": "The receipts of a payment",
    "import": "A table of payments before it is imported",
    "account-on-plan": "An account with an adopted plan",
    "account-off-plan": "An account whose plan reality has left",
    "planner": "The planner",
    "planner-no-tier": "The planner, where no tier gives it",
    "account-overdue": "An account whose upgrade is overdue, step by step",
    "experience": "How long upgrades took here",
    "evidence": "The evidence for the provider's support",
    "open-account": "Add an account",
    "models": "Models by tier",
    "capacity": "What accounts give of a model, alone or together",
    "doctor-answer": "An error is read: what blocks, and which tier the limits show",
    "guide": "The guide",
    "rulebook": "A rulebook",
    "alternatives": "Alternatives, side by side",
    "relay": "A relay that bridges a wait",
    "notices": "Notices",
    "channels": "Channels: webhooks and chat services",
    "mail": "A mail",
    "mail-of-credit": "A mail about credit",
    "profile": "Profile",
    "export": "Take everything away, and bring it back",
    "not-found": "Nothing here",
}
PICTURES = """() => Promise.all([...document.images]
  .filter((image) => image.getBoundingClientRect().top < innerHeight)
  .map((image) => image.decode().catch(() => {})))
"""
LANGUAGES = {"en": "English", "zh-hans": "简体中文"}
SCHEMES = ("light", "dark")
# Width of the window, and the most of a page's height that a picture shows.
WIDTHS = {1280: 1500, 390: 1400}
QUALITY = 62


@dataclass(frozen=True)
class Look:
    language: str
    scheme: str
    width: int

    def file(self, name: str) -> str:
        return f"{name}.{self.language}.{self.scheme}.{self.width}.webp"


LOOKS = [Look(language, scheme, width) for width in WIDTHS for language in LANGUAGES for scheme in SCHEMES]


@contextmanager
def site() -> Iterator[None]:
    """A throw-away instance in this process."""
    with tempfile.TemporaryDirectory(prefix="tierdash-screens-") as var_dir, postgres.temporary() as cluster:
        os.environ |= {
            "TIERDASH_VAR_DIR": var_dir,
            "SECRET_KEY": os.urandom(32).hex(),
            "DATABASE_URL": cluster.url(),
            "DJANGO_SETTINGS_MODULE": "tierdash.settings",
        }
        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        yield
        connections.close_all()


def photograph(page: Page, path: Path, most: int) -> None:
    """Write the page from its top as WebP, which the browser encodes itself."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    height = min(page.evaluate("document.documentElement.scrollHeight"), most)
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("document.fonts.ready")
    # Small pictures come when they are in sight; those below the cut never do.
    page.evaluate(PICTURES)
    shot = page.context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    path.write_bytes(base64.b64decode(shot["data"]))


def take() -> None:
    from tests.browser import demo

    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.webp"):
        old.unlink()
    with demo.standing_clock(), demo.served() as address, demo.browsing() as browser:
        tour = demo.prepare()
        shown = [stop for stop in tour.stops if stop.name in SHOWN]
        for look in LOOKS:
            for stop in shown:
                window = {"width": look.width, "height": 900}
                facts = {"viewport": window, "color_scheme": look.scheme, "reduced_motion": "reduce"}
                context = demo.enter(
                    browser, address, tour.keys.get((stop.person, look.language), ""), look.language, **facts
                )
                page = context.new_page()
                page.goto(stop.path)
                photograph(page, FOLDER / look.file(stop.name), WIDTHS[look.width])
                context.close()


def table(names: list[str], width: int) -> Iterator[str]:
    looks = [look for look in LOOKS if look.width == width]
    yield "| " + " | ".join(f"{LANGUAGES[look.language]}, {look.scheme}" for look in looks) + " |"
    yield "|" + " --- |" * len(looks)
    for name in names:
        yield "| " + " | ".join(f"![{SHOWN[name]}]({look.file(name)})" for look in looks) + " |"


def write_index() -> None:
    lines = [
        "# Every page",
        "",
        "The demo (`make demo`) in both languages, light and dark, at 1280 and 390 pixels. `make screens` takes these",
        "pictures, with a clock that stands still. Long pages are cut.",
    ]
    for name, title in SHOWN.items():
        lines += ["", f"## {title}", "", *table([name], 1280), "", *table([name], 390)]
    (FOLDER / "README.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    with site():
        take()
    write_index()
    size = sum(path.stat().st_size for path in FOLDER.glob("*.webp"))
    print(f"{len(list(FOLDER.glob('*.webp')))} pictures, {size / 1e6:.1f} MB, in {FOLDER}")
