"""Lines of an account's ledger as pages show them: the payments that are in view, and how many have a receipt."""

from collections.abc import Iterable, Mapping
from typing import Any

from accounts import rules
from accounts.models import Account, Payment, Receipt, kept_rows
from accounts.templatetags.receipts import wants_receipt


def payments_of(held: Account, keys: Iterable[str]) -> dict[str, Payment]:
    """Some of the account's payments by their keys as text, each with its `kept_receipts`, in one query."""
    shown: Any = Payment.objects.filter(account=held).select_related("undoes").annotate(receipt_rows=kept_rows())
    payments = shown.in_bulk([int(key) for key in set(keys)])
    for payment in payments.values():
        payment.kept_receipts = [Receipt.from_row(row) for row in payment.receipt_rows]
    return {str(key): payment for key, payment in payments.items()}


def proved_of(held: Account, standing: rules.Standing, shown: Mapping[str, Any]) -> tuple[int, int]:
    """How many payments that want a receipt have one, and how many there are; asked for where not all are `shown`."""
    wanted = {entry.line.id for entry in standing.tally.entries if wants_receipt(entry)}
    if wanted <= shown.keys():
        return sum(bool(shown[key].kept_receipts) for key in wanted), len(wanted)
    proved = Receipt.objects.kept().filter(payment__account=held).order_by().values_list("payment_id", flat=True)
    return len(wanted & {str(key) for key in proved.distinct()}), len(wanted)
