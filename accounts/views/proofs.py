"""Samples of receipts for the style guide: a payment with a file of each kind, and one without. Nothing is stored."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.forms.receipts import ReceiptsForm
from accounts.models import Payment, Receipt

MAIL = {"sender": "OpenAI <noreply@example.com>", "subject": "Your OpenAI API account has been funded"}
FILES: tuple[tuple[str, str, int], ...] = (
    ("Screenshot 2025-05-04 of the billing page.png", "png", 184_320),
    ("invoice-20417.pdf", "pdf", 88_064),
    ("账号充值成功.eml", "eml", 12_800),
)


def samples(*, now: datetime) -> dict[str, Any]:
    paid_at = now - timedelta(days=11)
    proved, bare = (Payment(kind="purchase", status="succeeded", gross=Decimal(50), paid_at=paid_at) for _each in "12")
    facts = MAIL | {"sent_at": paid_at.isoformat()}
    receipts = [
        Receipt(
            name=name,
            kind=kind,
            size=size,
            has_thumbnail=kind == "png",
            facts=facts if kind == "eml" else {},
            added_at=now,
        )
        for name, kind, size in FILES
    ]
    return {"proved": proved, "receipts": receipts, "bare": bare, "form": ReceiptsForm({}, auto_id="proof_%s")}
