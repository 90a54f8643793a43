"""Whose a row is: by reference, else by name, else by what somebody chose. Never by a guess."""

from dataclasses import replace

import pytest

from accounts.rules.imports import LEAVE_OUT, Owner, Owners, Unclear, name_key

ACCOUNTS = (
    Owner("1", "Production", "org-Kq7dEu01"),
    Owner("2", "生产 环境", "org-Zh"),
    Owner("3", "old", "org-Old", is_archived=True),
    Owner("4", "twin", "org-Twin"),
    Owner("5", "other twin", "org-Twin"),
    Owner("6", "org-Zh"),
    Owner("7", "Old", "org-New"),
    Owner("8", "gone", "org-Gone", is_archived=True),
)
OWNERS = Owners(ACCOUNTS)


def why(owners: Owners, text: str) -> str:
    with pytest.raises(Unclear) as caught:
        owners.of(text)
    return caught.value.code


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("org-Kq7dEu01", "1"),
        (" org-Kq7dEu01 ", "1"),
        ("production", "1"),
        ("PRODUCTION", "1"),
        ("Ｐroduction", "1"),
        ("生产　环境", "2"),
        ("生产  环境", "2"),
        ("org-Zh", "2"),  # a reference comes before a name
        ("ORG-ZH", "6"),  # which is compared exactly
        ("old", "7"),  # one in the archive gives way
    ],
)
def test_a_name_leads_to_one_account(text, account):
    assert OWNERS.of(text) == account
    assert OWNERS.knows(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "missing"),
        ("  ", "missing"),
        ("nobody", "unknown"),
        ("org-kq7deu01", "unknown"),
        ("org-Twin", "several"),
        ("gone", "archived"),
        ("org-Gone", "archived"),
    ],
)
def test_what_leads_nowhere_says_why(text, code):
    assert why(OWNERS, text) == code
    assert why(OWNERS, text) == code  # as it was found before


def test_a_name_is_known_though_it_leads_nowhere():
    assert OWNERS.knows("org-Twin")
    assert OWNERS.knows("gone")
    assert not OWNERS.knows("nobody")
    assert not OWNERS.knows("")


class TestChoices:
    def chosen(self, **by_name) -> Owners:
        return replace(OWNERS, chosen={name_key(name): account for name, account in by_name.items()})

    def test_settle_what_leads_nowhere(self):
        owners = replace(OWNERS, chosen={"nobody": "1", "org-twin": "5", "gone": "2", "": "4"})
        assert [owners.of(text) for text in ("Nobody", "org-Twin", "gone", "")] == ["1", "5", "2", "4"]

    def test_leave_rows_out(self):
        assert why(replace(OWNERS, chosen={"nobody": LEAVE_OUT}), "nobody") == "left_out"

    def test_do_not_move_what_leads_somewhere(self):
        owners = replace(OWNERS, chosen={"production": "2", "old": LEAVE_OUT})
        assert (owners.of("Production"), owners.of("old")) == ("1", "7")

    @pytest.mark.parametrize("account", ["3", "99", ""])
    def test_of_an_account_that_is_gone_hold_no_more(self, account):
        assert why(replace(OWNERS, chosen={"nobody": account}), "nobody") == "unknown"


class TestOneAccount:
    """A table for one account whose rows may name others."""

    OWNERS = replace(OWNERS, only="1")

    def test_its_own_names_and_none_are_its_own(self):
        assert [self.OWNERS.of(text) for text in ("", "production", "org-Kq7dEu01")] == ["1", "1", "1"]

    @pytest.mark.parametrize(
        ("text", "code"), [("org-Zh", "other"), ("twin", "other"), ("nobody", "unknown"), ("gone", "archived")]
    )
    def test_other_names_are_not_swallowed(self, text, code):
        assert why(self.OWNERS, text) == code

    def test_one_of_several_is_asked(self):
        assert why(replace(self.OWNERS, only="4"), "org-Twin") == "several"
        assert why(self.OWNERS, "org-Twin") == "other"

    def test_choices_lead_to_it_or_out(self):
        owners = replace(self.OWNERS, chosen={"nobody": "1", "twin": LEAVE_OUT, "org-zh": "1", "somebody": "2"})
        assert owners.of("nobody") == "1"
        assert why(owners, "twin") == "left_out"
        assert why(owners, "org-Zh") == "other"
        assert why(owners, "somebody") == "unknown"
