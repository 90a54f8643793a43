"""Archiving accounts, noting what only people can know, and who may do what with an account."""

import uuid

import pytest

from accounts.models import Sighting
from tests.make import make_account, make_rulebook, make_user
from tests.views.reading import has, html_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
NEW = "/accounts/new/"
EMPTY_LINE = {"gross": "", "day": "", "kind": "purchase"}


@pytest.fixture(autouse=True)
def rulebooks(db):
    for book_id in ("openai/2025-05", "openai/2024-12", "google-gemini/2025"):
        make_rulebook(book_id)


@pytest.fixture
def account(ann):
    return make_account(ann, name="production", payments=[("50", "05-01")])


class TestTheArchive:
    def test_there_and_back(self, signed_in, account):
        signed_in.post(f"/accounts/{account.pk}/archive/")
        assert "production" in words_of(signed_in.get("/accounts/archive/"), "content")
        signed_in.post(f"/accounts/{account.pk}/restore/")
        assert "production is back on the board." in words_of(signed_in.get("/"), "messages")
        assert "The archive is empty" in words_of(signed_in.get("/accounts/archive/"))

    def test_a_name_taken_meanwhile_is_told(self, signed_in, ann, account):
        signed_in.post(f"/accounts/{account.pk}/archive/")
        make_account(ann, name="production")
        signed_in.post(f"/accounts/{account.pk}/restore/")
        assert "Another account has this name by now" in words_of(signed_in.get("/"), "messages")

    def test_it_holds_nothing_of_others(self, signed_in, client):
        stranger = make_user()
        foreign = make_account(stranger, name="foreign")
        client.force_login(stranger)
        client.post(f"/accounts/{foreign.pk}/archive/")
        client.force_login(foreign.workspace.memberships.get().user)
        assert "foreign" in words_of(client.get("/accounts/archive/"))
        client.force_login(make_user())
        assert "foreign" not in words_of(client.get("/accounts/archive/"))


class TestWhatOnlyPeopleKnow:
    def test_a_requirement_is_confirmed_and_withdrawn(self, signed_in, ann):
        gemini = make_account(ann, rulebook="google-gemini/2025", seen="free")
        address = f"/accounts/{gemini.pk}/"
        assert "It is so: billing is linked" in words_of(signed_in.get(address), "seen")
        signed_in.post(f"{address}requirement/", {"requirement": "billing_linked"})
        assert "Not so after all: billing is linked" in words_of(signed_in.get(address), "seen")
        signed_in.post(f"{address}requirement/", {"requirement": "billing_linked", "is_met": "no"})
        gemini.refresh_from_db()
        assert gemini.confirmed == {}

    @pytest.mark.parametrize("requirement", ["", "x", "<svg>", "x" * 100_000])
    def test_a_requirement_that_is_none_is_a_bad_request(self, signed_in, account, requirement):
        answer = signed_in.post(f"/accounts/{account.pk}/requirement/", {"requirement": requirement})
        assert answer.status_code == 400

    def test_a_cap_that_is_used_up_is_noted_and_taken_back(self, signed_in, account):
        address = f"/accounts/{account.pk}/"
        signed_in.post(f"{address}cap/")
        assert "This month's cap is not used up" in words_of(signed_in.get(address), "seen").replace("&#x27;", "'")
        assert "cap is used up while a higher tier is due" in words_of(signed_in.get(address), "advice")
        signed_in.post(f"{address}cap/", {"is_reached": "no"})
        account.refresh_from_db()
        assert account.cap_reached_at is None


class TestWho:
    VERBS = ("edit", "move", "archive", "restore", "requirement", "cap", "seen", "fall", "payments")

    @pytest.mark.parametrize("verb", VERBS)
    def test_a_viewer_cannot(self, see, account, verb):
        assert see.post(f"/accounts/{account.pk}/{verb}/", {"tier": "tier-2"}).status_code == 404
        assert see.get(f"/accounts/{account.pk}/{verb}/").status_code in (404, 405)

    @pytest.mark.parametrize("verb", VERBS)
    def test_with_an_account_of_others_nobody_can(self, signed_in, verb):
        foreign = make_account(make_user())
        assert signed_in.post(f"/accounts/{foreign.pk}/{verb}/", {"tier": "tier-2"}).status_code == 404
        foreign.refresh_from_db()
        assert (foreign.seen_tier, foreign.archived_at, Sighting.objects.count()) == ("tier-1", None, 1)

    @pytest.mark.parametrize("verb", VERBS)
    def test_with_what_is_no_account_nobody_can(self, signed_in, verb):
        for wrong in (uuid.uuid4(), 2**63, "-1", "None"):
            assert signed_in.post(f"/accounts/{wrong}/{verb}/").status_code == 404, wrong

    def test_a_page_says_where_it_belongs(self, signed_in, account):
        for verb in ("edit", "move"):
            page = signed_in.get(f"/accounts/{account.pk}/{verb}/")
            assert f'href="/accounts/{account.pk}/"' in html_of(page)
            assert has(page, "content")


class TestAnAccountInTheArchive:
    VERBS = ("edit", "move", "requirement", "cap", "seen", "fall", "payments")

    def test_is_there_to_be_seen_and_not_to_be_changed(self, signed_in, ann):
        account = make_account(ann, name="put-away", payments=[("50", "05-01")])
        signed_in.post(f"/accounts/{account.pk}/archive/")
        assert signed_in.get(f"/accounts/{account.pk}/").status_code == 200
        said = {"tier": "tier-5", "gross": "5", "day": "2025-05-02", "kind": "purchase", "requirement": "contract"}
        for verb in self.VERBS:
            assert signed_in.post(f"/accounts/{account.pk}/{verb}/", said).status_code == 404, verb
        for verb in ("", "void/", "restore/"):
            assert signed_in.post(f"/payments/{account.payments.get().uid}/{verb}", said).status_code == 404, verb
        account.refresh_from_db()
        assert (account.seen_tier, account.payments.get().status) == ("tier-1", "succeeded")
