"""Draw the icons as PNG from their SVG sources, with Chromium: `make icons`."""

from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.chromium import launch_chromium

ICONS = Path(__file__).resolve().parent.parent / "static" / "icons"
# Browsers' tabs, home screens of phones, installed apps; a maskable one may be cut to any shape.
SIZES = {"logo": (48, 192, 512), "maskable": (180, 192, 512)}


def draw() -> None:
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        for name, sizes in SIZES.items():
            source = (ICONS / f"{name}.svg").read_text()
            for size in sizes:
                page = browser.new_page(viewport={"width": size, "height": size}, color_scheme="light")
                picture = source.replace("<svg", f'<svg width="{size}" style="display: block"', 1)
                page.set_content(f'<body style="margin: 0">{picture}')
                page.screenshot(path=ICONS / f"{name}-{size}.png", omit_background=True)
                page.close()
        browser.close()


if __name__ == "__main__":
    draw()
