"""Imports for the style guide: tables with a row of every kind, and an import in each of its states."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts import actions, rules
from accounts.forms.imports import GivenForm, MappingForm
from accounts.models import Account, Import, Workspace
from accounts.models.imports import OVER, STATES
from accounts.views.board import Row
from accounts.views.previewing import rows_of, shown
from accounts.views.samples import shelf


def imports(rows: list[Row], *, now: datetime) -> dict[str, Any]:
    """What the partials of imports take: a table for one account, and a pasted page for several."""
    one, two = rows[0].account, rows[1].account
    held = {state: _import(state, one, now=now) for state in STATES}
    wide = {state: _import(state, None, now=now) for state in ("draft", "done")}
    wide["draft"].form = rules.imports.STACKED
    day = f"{now - timedelta(days=20):%Y-%m-%d}"
    table = f"Date,Amount,Status,Invoice\n{day},$5.00,Paid,INV-1\n04/05/2025,¥70,Refunded,\n{day},$6.00,Paid,INV-1\n"
    bills = [(one.name, "$20.00"), (two.name, "$45.00"), ("somebody else", "$7.00")]
    pasted = "Billing history\n\nAccount\nDate\nAmount\n"
    pasted += "".join(f"\n{name}\n{day}\n{amount}\nView\n" for name, amount in bills)
    return {
        "given_form": GivenForm(auto_id="given_%s"),
        "imports": held,
        "imports_listed": [*held.values()],
        "wide_imports": wide,
        "table": _previewed(table, [one], only=one, now=now),
        "stacked": _previewed(pasted, [one, two], only=None, now=now),
        "gone_to": [{"id": one.pk, "name": one.name, "count": 3}, {"id": two.pk, "name": two.name, "count": 12}],
    }


def _previewed(text: str, accounts: list[Account], *, only: Account | None, now: datetime) -> dict[str, Any]:
    """A preview as its page has it, of ledgers without a line."""
    table = actions.read_table(text.encode())
    owned = tuple(rules.imports.Owner(str(account.pk), account.name) for account in accounts)
    owners = rules.imports.Owners(owned, str(only.pk) if only else "")
    guess = rules.imports.guess_columns(table.records, owners.knows)
    given = rules.imports.Choices()
    reading = actions.understand(
        table, guess.columns, given, begins_at=guess.begins_at, owners=owners, zone=ZoneInfo("UTC"), now=now
    )
    verdicts = rules.imports.match(reading.found, {}, zone=ZoneInfo("UTC"))
    parts: list[actions.Part] = []
    reasons: dict[int, rules.Entry] = {}
    for account in accounts:
        mine = [(n, row) for n, row in enumerate(reading.found) if row.account == str(account.pk)]
        new = [row.as_line(f"row:{n}") for n, row in mine if verdicts[n].code == "new"]
        after = actions.assess(account, new, shelf(), now=now)
        reasons |= {int(entry.line.id.removeprefix("row:")): entry for entry in after.tally.entries}
        counts = Counter(verdicts[n].code for n, _ in mine)
        parts.append(actions.Part(account, actions.assess(account, [], shelf(), now=now), after, counts))
    preview = actions.Preview(reading, verdicts, parts, reasons)
    form = MappingForm(sketch=reading, given=given, asked=reading.asked, auto_id=f"map_{len(accounts)}_%s")
    return {**shown(preview, rows_of(preview, {})), "form": form}


def _import(state: str, account: Account | None, *, now: datetime) -> Import:
    return Import(
        account=account,
        workspace=None if account is not None else Workspace(),
        state=state,
        file_name="billing-history.csv",
        rows=100_000,
        rows_done=36_000,
        added=99_000,
        duplicates=990,
        left_out=10,
        error="crashed" if state == "failed" else "",
        created_at=now,
        ended_at=now if state in OVER else None,
    )
