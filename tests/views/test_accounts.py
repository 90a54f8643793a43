"""Opening, editing, moving and archiving accounts, and noting what only people can know."""

import re
import uuid

import pytest

from accounts.models import Account, Payment
from tests.make import make_account, make_member, make_rulebook, make_workspace
from tests.views.reading import HTMX, choice_of, error_at, html_of, value_of, words_of

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


def said(*lines: dict, **changes) -> dict:
    """What the form sends: the facts of the account, and a line for each payment."""
    facts = {"name": "fresh", "edition": "openai/2025-05", "seen_tier": "tier-1", "organization_ref": "org-1"}
    rows = {
        f"lines-{number}-{name}": value
        for number, line in enumerate(lines)
        for name, value in (EMPTY_LINE | line).items()
    }
    counts = {"lines-TOTAL_FORMS": str(len(lines)), "lines-INITIAL_FORMS": "0"}
    return facts | {"form_key": str(uuid.uuid4())} | counts | rows | changes


def options(answer, field: str) -> list[str]:
    select = re.search(rf'<select[^>]*\bname="{field}".*?</select>', html_of(answer), re.DOTALL)
    return re.findall(r'<option value="([^"]*)"', select[0])


class TestOpening:
    def test_one_form_makes_the_account_and_its_first_payments(self, signed_in):
        lines = {"gross": "$1,000.50", "day": "2025-05-01"}, {"gross": "5", "day": "2025-05-02", "kind": "grant"}, {}
        answer = signed_in.post(NEW, said(*lines))
        account = Account.objects.get()
        assert answer.headers["Location"] == f"/accounts/{account.pk}/"
        assert (account.name, account.seen_tier, account.organization_ref) == ("fresh", "tier-1", "org-1")
        assert sorted(f"{p.gross:.2f} {p.kind}" for p in Payment.objects.all()) == ["1000.50 purchase", "5.00 grant"]
        assert "fresh is on the board." in words_of(signed_in.get("/"), "messages")

    def test_every_edition_is_offered_with_its_dates_and_the_articles_is_chosen(self, signed_in):
        page = signed_in.get(NEW)
        assert choice_of(page, "edition") == "openai/2025-05"
        assert {"follow:openai", "openai/2025-05", "openai/2024-12"} <= set(options(page, "edition"))
        words = words_of(page, "id_edition")
        assert "the founding article's figures" in words
        assert "in force today" in words

    def test_following_the_provider_takes_the_edition_in_force(self, signed_in):
        signed_in.post(NEW, said(edition="follow:openai"))
        account = Account.objects.get()
        assert account.follows_provider
        assert account.rulebook_id == "openai/2024-12"

    def test_a_double_click_opens_one_account(self, signed_in):
        form = said({"gross": "5", "day": "2025-05-01"})
        first, second = signed_in.post(NEW, form), signed_in.post(NEW, form)
        assert first.headers["Location"] == second.headers["Location"]
        assert (Account.objects.count(), Payment.objects.count()) == (1, 1)

    def test_all_or_nothing(self, signed_in):
        answer = signed_in.post(NEW, said({"gross": "5", "day": "2025-05-01"}, {"gross": "x", "day": "2025-05-01"}))
        assert answer.status_code == 422
        assert error_at(answer, "id_lines-1-gross")
        assert (Account.objects.count(), Payment.objects.count()) == (0, 0)

    def test_everything_typed_comes_back(self, signed_in):
        form = said({"gross": "5", "day": "2025-05-01", "kind": "invoice"}, {"gross": "x", "day": "soon"}, name="")
        answer = signed_in.post(NEW, form)
        shown = {
            name: value_of(answer, name) for name in form if "kind" not in name and name not in ("edition", "seen_tier")
        }
        assert shown == {name: form[name] for name in shown}
        assert choice_of(answer, "lines-0-kind") == "invoice"

    @pytest.mark.parametrize("name", ["production", "PRODUCTION", " production "])
    def test_a_name_stands_once(self, signed_in, account, name):
        answer = signed_in.post(NEW, said({"gross": "5", "day": "2025-05-01"}, name=name))
        assert answer.status_code == 422
        assert "has this name" in error_at(answer, "id_name")
        assert value_of(answer, "lines-0-gross") == "5"
        assert Account.objects.count() == 1

    def test_names_are_compared_as_the_database_does(self, signed_in, ann):
        make_account(ann, name="stra\u00dfe")
        assert signed_in.post(NEW, said(name="STRA\u1e9eE")).status_code == 422

    def test_the_name_of_an_archived_account_is_free(self, signed_in, account):
        signed_in.post(f"/accounts/{account.pk}/archive/")
        assert signed_in.post(NEW, said(name="production")).status_code == 302

    def test_a_tier_of_another_edition_is_refused(self, signed_in):
        answer = signed_in.post(NEW, said(edition="google-gemini/2025", seen_tier="tier-5"))
        assert "no such tier" in error_at(answer, "id_seen_tier")

    @pytest.mark.parametrize(
        "edition", ["", "x", "follow:", "follow:nobody", "follow:google-gemini/2025", "../..", "openai"]
    )
    def test_an_edition_that_is_none_is_refused(self, signed_in, edition):
        answer = signed_in.post(NEW, said(edition=edition))
        assert answer.status_code == 422
        assert error_at(answer, "id_edition")

    def test_a_viewer_cannot_open_an_account(self, see):
        assert see.get(NEW).status_code == 404
        assert see.post(NEW, said()).status_code == 404
        assert not Account.objects.exists()

    def test_an_editor_can(self, client, ann):
        client.force_login(make_member(make_workspace(ann), "editor"))
        assert client.post(NEW, said()).status_code == 302
        assert Account.objects.get().workspace == make_workspace(ann)

    def test_the_enter_key_means_the_whole_form(self, signed_in):
        form = html_of(signed_in.get(NEW)).split('id="open-form"')[1]
        first = re.search(r"<button[^>]*>", form)[0]
        assert "name=" not in first, "the first button is the default one: it must neither look nor add a row"


class TestLookingAndMore:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_another_edition_shows_its_tiers_and_loses_nothing(self, signed_in, headers):
        form = said({"gross": "5x", "day": "2025-13-01"}, name="", edition="google-gemini/2025", look="1")
        answer = signed_in.post(NEW, form, headers=headers)
        assert answer.status_code == 200
        assert "errorlist" not in html_of(answer)
        assert 'aria-invalid="true"' not in html_of(answer), "nobody has finished yet"
        assert options(answer, "seen_tier") == ["free", "tier-1", "tier-2", "tier-3"]
        shown = {
            name: value_of(answer, name) for name in ("lines-0-gross", "lines-0-day", "organization_ref", "form_key")
        }
        assert shown == {name: form[name] for name in shown}
        assert choice_of(answer, "edition") == "google-gemini/2025"

    def test_one_more_payment_adds_an_empty_row(self, signed_in):
        answer = signed_in.post(NEW, said({"gross": "5"}, {"gross": "7", "kind": "refund"}, more="1"))
        assert [value_of(answer, f"lines-{n}-gross") for n in range(3)] == ["5", "7", ""]
        assert choice_of(answer, "lines-1-kind") == "refund"
        assert value_of(answer, "lines-TOTAL_FORMS") == "3"

    def test_a_row_left_empty_after_that_is_no_payment(self, signed_in):
        shown = signed_in.post(NEW, said({}, look="1"))
        form = said({}, {}) | {name: value_of(shown, name) for name in ("lines-INITIAL_FORMS", "form_key")}
        assert signed_in.post(NEW, form).status_code == 302
        assert Payment.objects.count() == 0

    @pytest.mark.parametrize("count", ["50", "99999", "-1", "x", "", "1e3", "\u0663", "9" * 5000])
    def test_the_number_of_rows_is_bounded(self, signed_in, count):
        answer = signed_in.post(NEW, said({"gross": "5"}, more="1") | {"lines-TOTAL_FORMS": count})
        assert answer.status_code == 200
        assert html_of(answer).count('name="lines-') <= 50 * 3 + 4

    @pytest.mark.parametrize("count", ["51", "1001", "x", "", "9" * 5000])
    def test_a_forged_number_of_rows_opens_nothing(self, signed_in, count):
        answer = signed_in.post(NEW, said({"gross": "5", "day": "2025-05-01"}) | {"lines-TOTAL_FORMS": count})
        assert answer.status_code == 422
        assert not Account.objects.exists()


class TestEditing:
    FACTS = {"name": "renamed", "organization_ref": "org-2", "goal": "tier:tier-3"}
    MORE = {"room_usd": "1,200.50", "notes": "first line\nsecond line"}

    def test_saves_what_is_said(self, signed_in, account):
        answer = signed_in.post(f"/accounts/{account.pk}/edit/", self.FACTS | self.MORE)
        assert answer.status_code == 302
        account.refresh_from_db()
        assert (account.name, account.goal, f"{account.room_usd}") == ("renamed", {"tier": "tier-3"}, "1200.50")
        assert account.notes.splitlines() == ["first line", "second line"]
        assert "Edited the account" in words_of(signed_in.get(f"/accounts/{account.pk}/"), "history")

    def test_shows_what_is_stored(self, signed_in, account):
        signed_in.post(f"/accounts/{account.pk}/edit/", self.FACTS | self.MORE)
        page = signed_in.get(f"/accounts/{account.pk}/edit/")
        assert value_of(page, "name") == "renamed"
        assert value_of(page, "room_usd") == "1200.50"
        assert choice_of(page, "goal") == "tier:tier-3"

    def test_what_cannot_stand_keeps_what_was_typed(self, signed_in, ann, account):
        make_account(ann, name="taken")
        answer = signed_in.post(f"/accounts/{account.pk}/edit/", self.FACTS | {"name": "Taken", "notes": "kept"})
        assert answer.status_code == 422
        assert "has this name" in error_at(answer, "id_name")
        assert "kept" in words_of(answer, "id_notes")

    def test_an_empty_form_is_refused(self, signed_in, account):
        answer = signed_in.post(f"/accounts/{account.pk}/edit/")
        assert answer.status_code == 422
        assert error_at(answer, "id_name")

    @pytest.mark.parametrize(
        ("field", "value"), [("goal", "x"), ("goal", "model:x"), ("room_usd", "-1"), ("notes", "x" * 5001)]
    )
    def test_each_field_is_refused_beside_itself(self, signed_in, account, field, value):
        answer = signed_in.post(f"/accounts/{account.pk}/edit/", self.FACTS | {field: value})
        assert error_at(answer, f"id_{field}")


class TestMoving:
    def test_moves_in_one_step(self, signed_in, account):
        answer = signed_in.post(f"/accounts/{account.pk}/move/", {"edition": "openai/2024-12", "seen_tier": "tier-1"})
        assert answer.status_code == 302
        account.refresh_from_db()
        assert (account.rulebook_id, account.follows_provider) == ("openai/2024-12", False)
        page = words_of(signed_in.get(f"/accounts/{account.pk}/"))
        assert "Rules changed from openai/2025-05 to openai/2024-12" in page

    def test_follows_the_provider(self, signed_in, account):
        signed_in.post(f"/accounts/{account.pk}/move/", {"edition": "follow:openai", "seen_tier": "tier-2"})
        account.refresh_from_db()
        assert (account.follows_provider, account.seen_tier) == (True, "tier-2")
        assert choice_of(signed_in.get(f"/accounts/{account.pk}/move/"), "edition") == "follow:openai"

    def test_only_editions_of_its_own_provider_are_offered_or_taken(self, signed_in, account):
        assert "google-gemini/2025" not in options(signed_in.get(f"/accounts/{account.pk}/move/"), "edition")
        answer = signed_in.post(f"/accounts/{account.pk}/move/", {"edition": "google-gemini/2025", "seen_tier": "free"})
        assert answer.status_code == 422

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_looking_moves_nothing(self, signed_in, account, headers):
        form = {"edition": "openai/2024-12", "seen_tier": "tier-1", "look": "1"}
        answer = signed_in.post(f"/accounts/{account.pk}/move/", form, headers=headers)
        assert answer.status_code == 200
        assert choice_of(answer, "edition") == "openai/2024-12"
        account.refresh_from_db()
        assert account.rulebook_id == "openai/2025-05"
