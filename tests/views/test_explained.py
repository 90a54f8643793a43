"""Every page leads to the paragraph of the guide that explains what stands on it."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from accounts import actions
from accounts.gateways import published
from accounts.gateways.mailbox import Mailbox
from accounts.templatetags import handbook
from tests import make
from tests.views.reading import Links

ROOT = Path(settings.BASE_DIR)
# Pages that a paragraph of the guide is about.
OWN = {
    "/planner/": "planner",
    "/capacity/": "capacity",
    "/alternatives/": "alternatives",
    "/relays/": "relays",
    "/doctor/": "errors",
    "/profile/": "calendar",
    "/channels/": "channels",
    "/import/": "importing",
}


@pytest.fixture
def adopted(db):
    actions.adopt(published.editions().values(), now=timezone.now())


class TestEveryPageLeadsHere:
    @pytest.fixture
    def pages(self, adopted, client):
        """Every page that a person meets, with an account that has something to do and one in the archive."""
        owner = make.make_user()
        account = make.make_account(owner, payments=[("50.00", "05-01T10:00")])
        gone = make.make_account(owner, name="gone")
        actions.archive_account(gone, by=owner, now=make.NOW)
        relay = make.make_relay(owner)
        mailbox = Mailbox(settings.MAILBOX_DIR)
        mailbox.keep("<9@example.org>", b"Message-ID: <9@example.org>\r\nSubject: Hello\r\n\r\nHello.\r\n")
        mail, here = mailbox.newest(1)[0].name, f"/accounts/{account.pk}/"
        client.force_login(owner, backend=settings.AUTHENTICATION_BACKENDS[0])
        paths = [
            "/",
            here,
            "/accounts/new/",
            f"{here}edit/",
            f"{here}move/",
            f"{here}evidence/",
            f"{here}import/",
            f"/payments/{account.payments.get().uid}/",
            f"/payments/{account.payments.get().uid}/receipts/",
            "/accounts/archive/",
            "/models/",
            "/rulebooks/",
            "/rulebooks/openai/2025-05/",
            "/notices/",
            "/channels/new/webhook/",
            f"/channels/{make.make_channel(owner).pk}/edit/",
            "/mailbox/",
            f"/mailbox/{mail}/",
            "/profile/",
            "/account/email/",
            "/styleguide/",
            *OWN,
            "/relays/new/",
            f"/relays/{relay.pk}/",
            f"/relays/{relay.pk}/edit/",
            "/experience/",
        ]
        return {path: Links(client.get(path)) for path in paths}

    def test_each_holds_a_link_to_the_paragraph_that_explains_it(self, pages):
        assert [path for path, page in pages.items() if not page.explained(main=True)] == []

    def test_a_page_that_the_guide_describes_leads_to_its_description_and_back(self, pages, client):
        guide = client.get("/guide/").content.decode()
        for path, paragraph in OWN.items():
            assert paragraph in pages[path].explained(main=True), path
            about = guide.partition(f'id="{paragraph}"')[2].partition("<h3")[0]
            assert f'href="{path}' in about, path

    def test_every_such_link_leads_to_a_paragraph(self, pages):
        lead = set().union(*(page.explained(main=False) for page in pages.values()))
        assert lead - set(handbook.PARAGRAPHS) == set()

    def test_an_account_leads_to_each_of_its_parts(self, pages):
        (account,) = (page for path, page in pages.items() if re.fullmatch(r"/accounts/[0-9a-f-]{36}/", path))
        wanted = {"trigger", "how-tiers-work", "the-clock", "what-counts", "model-not-open", "evidence", "question-5"}
        assert wanted <= account.explained(main=True)

    def test_a_paragraph_that_is_not_there_cannot_be_linked(self):
        with pytest.raises(KeyError):
            handbook.paragraph_title("nowhere")

    @pytest.mark.parametrize("path", ["/account/login/", "/account/signup/", "/account/password/reset/", "/nowhere/"])
    def test_the_doors_lead_here_too(self, adopted, client, path):
        assert "how-tiers-work" in Links(client.get(path)).explained(main=False)

    def test_every_template_links_to_a_paragraph_that_is_there(self):
        linked = {
            paragraph
            for path in (ROOT / "templates").rglob("*.html")
            for paragraph in re.findall(r'with paragraph="([^"]+)"', path.read_text())
        }
        assert linked - set(handbook.PARAGRAPHS) == set()
