"""Receipts at a screen: chosen, dropped, seen, downloaded, removed and taken back; with and without JavaScript."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.gateways import files
from accounts.models import Receipt
from tests import make

pytestmark = pytest.mark.browser

DROP = """([selector, given]) => {
    const held = new DataTransfer();
    for (const [name, type, content] of given) {
        const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
        held.items.add(new File([bytes], name, {type}));
    }
    const place = document.querySelector(selector);
    for (const kind of ["dragenter", "dragover", "drop"]) {
        const event = new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: held});
        place.dispatchEvent(event);
        if (kind === "dragover") window.effect = [event.defaultPrevented, place.closest(".is-dropped-on") !== null];
    }
}"""


@pytest.fixture
def account(ann):
    now = timezone.now()
    return make.make_account(ann, name="production", payments=[("40", now - timedelta(days=10))], now=now)


@pytest.fixture
def payment(account):
    return account.payments.get()


@pytest.fixture
def address(account) -> str:
    return f"/accounts/{account.pk}/"


@pytest.fixture
def on_disk(tmp_path) -> list[str]:
    """Two files as a person has them."""
    for name, content in (("receipt.png", make.PNG), ("invoice.pdf", make.PDF)):
        (tmp_path / name).write_bytes(content)
    return [str(tmp_path / "receipt.png"), str(tmp_path / "invoice.pdf")]


def drop(page: Page, selector: str, *given: tuple[str, bytes]) -> None:
    """Drop files from outside onto an element."""
    told = [[name, "application/octet-stream", base64.b64encode(content).decode()] for name, content in given]
    page.evaluate(DROP, [selector, told])


def is_drawn(page: Page) -> None:
    """The small picture is really there: it has been fetched and decoded."""
    picture = page.locator("#ledger img.face").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 96


def test_two_files_chosen_in_the_line_are_seen_downloaded_removed_and_taken_back(enter, payment, address, on_disk):
    page = enter(address)
    page.evaluate("window.untouched = true")
    line = page.locator(f"#payment-{payment.uid}")
    expect(line).to_contain_text("No receipt yet")
    with page.expect_file_chooser() as choice:
        line.get_by_role("link", name="Attach").click()
    assert choice.value.is_multiple()
    choice.value.set_files(on_disk)
    expect(line).to_contain_text("receipt.png")
    expect(line).to_contain_text("invoice.pdf")
    expect(line).not_to_contain_text("No receipt yet")
    expect(page.locator("#messages")).to_contain_text("receipt.png, invoice.pdf: Attached.")
    expect(page.locator("#ledger")).to_contain_text("1 of 1 payment that counts has a receipt")
    is_drawn(page)

    with page.expect_download() as download:
        line.get_by_role("link", name="invoice.pdf").click()
    assert download.value.suggested_filename == "invoice.pdf"
    assert Path(download.value.path()).read_bytes() == make.PDF

    line.get_by_role("button", name="Remove the receipt receipt.png").click()
    expect(line).not_to_contain_text("receipt.png")
    page.locator("#messages").get_by_role("button", name="Undo").click()
    expect(line).to_contain_text("receipt.png")
    expect(page.locator("#history")).to_contain_text("Took back receipt.png")
    assert page.evaluate("window.untouched"), "without a page load"


def test_files_dropped_onto_the_line_are_attached_to_it(enter, payment, address):
    page = enter(address)
    drop(page, f"#payment-{payment.uid} td", ("dropped.png", make.PNG), ("no.txt", b"nothing"))
    line = page.locator(f"#payment-{payment.uid}")
    expect(line).to_contain_text("dropped.png")
    assert page.evaluate("window.effect") == [True, True], "the place that takes them shows itself"
    expect(page.locator("#messages")).to_contain_text("no.txt: Not attached: this is no PDF")
    expect(page.locator(".is-dropped-on")).to_have_count(0)
    expect(page.locator("[aria-busy]")).to_have_count(0)
    is_drawn(page)
    assert files.read(Receipt.objects.get().sha256)


def test_files_dropped_beside_every_place_do_nothing(enter, address):
    page = enter(address)
    drop(page, "#ladder", ("dropped.png", make.PNG))
    assert page.evaluate("window.effect") == [True, False], "the page is not left for the file"
    page.wait_for_timeout(300)
    assert not Receipt.objects.exists()


def test_files_dropped_onto_the_form_come_with_the_payment(enter, account, address):
    page = enter(address)
    form = page.locator("#payment-form")
    drop(page, "#payment-form", ("one.pdf", make.PDF))
    drop(page, "#payment-form", ("two.eml", make.EML))
    names = "field => [...field.files].map((file) => file.name)"
    assert form.get_by_label("Receipts").evaluate(names) == ["one.pdf", "two.eml"], "a second drop adds"
    form.get_by_label("Amount").fill("wrong")
    form.get_by_label("Day").fill(f"{timezone.now():%Y-%m-%d}")
    form.get_by_role("button", name="Record payment").click()
    expect(form).to_contain_text("Choose the files again")
    form.get_by_label("Amount").fill("10")
    drop(page, "#payment-form", ("one.pdf", make.PDF), ("two.eml", make.EML))
    form.get_by_role("button", name="Record payment").click()
    expect(page.locator("#ledger")).to_contain_text("two.eml")
    expect(page.locator("#ledger")).to_contain_text("Billing <billing@provider.example> · 充值成功")
    expect(form.get_by_label("Receipts")).to_have_value("")
    assert account.payments.get(gross=10).receipts.kept().count() == 2


def test_what_would_be_too_much_is_not_sent(enter, payment, address):
    page = enter(address)
    page.evaluate("document.getElementById('receipt-drop').dataset.most = 10")
    drop(page, f"#payment-{payment.uid} td", ("dropped.png", make.PNG))
    expect(page.locator("#messages")).to_contain_text("This is too much at once.")
    assert not Receipt.objects.exists()


def test_without_javascript_a_page_takes_them(enter, payment, address, on_disk):
    page = enter(address, java_script_enabled=False)
    page.locator(f"#payment-{payment.uid}").get_by_role("link", name="Attach").click()
    expect(page.get_by_role("heading", name="Receipts")).to_be_visible()
    page.get_by_label("Receipts").set_input_files(on_disk)
    page.get_by_role("button", name="Attach").click()
    line = page.locator(f"#payment-{payment.uid}")
    expect(line).to_contain_text("invoice.pdf")
    line.get_by_role("button", name="Remove the receipt invoice.pdf").click()
    expect(line).not_to_contain_text("invoice.pdf")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(f"#payment-{payment.uid}")).to_contain_text("invoice.pdf")
    page.locator("#payment-form").get_by_label("Amount").fill("7")
    page.locator("#payment-form").get_by_label("Day").fill(f"{timezone.now():%Y-%m-%d}")
    page.locator("#payment-form").get_by_label("Receipts").set_input_files(on_disk[:1])
    page.get_by_role("button", name="Record payment").click()
    expect(page.locator("#messages")).to_contain_text("receipt.png: Attached.")
    expect(page.locator("#ledger img.face")).to_have_count(2)
