"""One ledger line. It is corrected or voided with a trace, never silently changed or deleted."""

import uuid
from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Abs

from accounts import rules
from accounts.models.account import Account
from accounts.models.imports import Import
from accounts.models.user import User

MOST = Decimal(10) ** 12
# The columns of a rules.Line in its order, without its id and what it undoes.
LINE = ("kind", "status", "gross", "paid_at", "tax", "currency", "rate", "reference", "expires_on")


class PaymentQuerySet(models.QuerySet["Payment"]):
    def in_entry_order(self) -> "PaymentQuerySet":
        """By instant, then by the order in which the lines were entered: the order of the rules."""
        return self.order_by("paid_at", "id")

    def lines(self) -> Iterator[tuple[UUID, rules.Line]]:
        """Each payment's account and its line as the rules know it, in their order, without the rows around them."""
        for account_id, pk, undoes, *facts in self.values_list("account_id", "pk", "undoes_id", *LINE).iterator():
            kind, status, gross, paid_at, tax, currency, rate, reference, last_on = facts
            undone = str(undoes or "")
            line = rules.Line(str(pk), kind, status, gross, paid_at, tax, currency, rate, undone, reference, last_on)
            yield account_id, line


class Payment(models.Model):
    """Amounts are in `currency`; `rate` is USD for one unit. `uid` names the line outside; `id` is the entry order.

    `is_day_only` says that only the day is known; `paid_at` is then its last second in the zone of who entered it.
    `form_key` is the key of the form that recorded it, so that a repeated submission records nothing more. `came_by` is
    the import that brought it; untouched since, its `changed_at` is its `recorded_at`. `expires_on` is the last day on
    which its credit can be used, in the zone of who says so; None: what the provider's rule says.
    """

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="payments")
    kind = models.CharField(max_length=20)
    status = models.CharField(max_length=20)
    gross = models.DecimalField(max_digits=16, decimal_places=4)
    tax = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    rate = models.DecimalField(max_digits=20, decimal_places=10, null=True, blank=True)
    paid_at = models.DateTimeField()
    is_day_only = models.BooleanField(default=False)
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by")
    reference = models.CharField(max_length=100, blank=True)
    note = models.CharField(max_length=500, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    form_key = models.UUIDField(default=uuid.uuid4)
    came_by = models.ForeignKey(Import, on_delete=models.SET_NULL, null=True, blank=True, related_name="payments")
    recorded_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    recorded_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects = PaymentQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "paid_at", "id"], name="payment_in_order")]
        constraints = [
            models.UniqueConstraint(fields=["account", "form_key"], name="payment_form_key_unique"),
            models.UniqueConstraint(
                fields=["account", "kind", "reference"],
                condition=~Q(reference="") & ~Q(status="void"),
                name="payment_reference_unique",
            ),
            models.CheckConstraint(condition=Q(kind__in=rules.KINDS), name="payment_kind"),
            models.CheckConstraint(condition=Q(status__in=rules.STATUSES), name="payment_status"),
            models.CheckConstraint(
                condition=Q(gross__gt=0) | Q(kind__in=rules.UNDOING, gross__lt=0), name="payment_gross_sign"
            ),
            models.CheckConstraint(condition=Q(gross__gt=-MOST, gross__lt=MOST), name="payment_gross_range"),
            models.CheckConstraint(
                condition=Q(tax=None) | Q(tax__gte=0, tax__lte=Abs(F("gross"))), name="payment_tax_range"
            ),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="payment_currency"),
            models.CheckConstraint(
                condition=Q(currency="USD", rate=None)
                | Q(currency="USD", rate=1)
                | (~Q(currency="USD") & Q(rate__gt=0)),
                name="payment_rate",
            ),
            models.CheckConstraint(condition=Q(undoes=None) | Q(kind__in=rules.UNDOING), name="payment_undoes_kind"),
            models.CheckConstraint(
                condition=Q(expires_on=None) | Q(kind__in=rules.CREDITING), name="payment_expiry_of_credit"
            ),
            models.CheckConstraint(
                condition=Q(expires_on=None) | Q(expires_on__lte=rules.LATEST_EXPIRY), name="payment_expiry_range"
            ),
            models.CheckConstraint(condition=Q(paid_at__lte=F("changed_at")), name="payment_not_in_future"),
            models.CheckConstraint(condition=Q(paid_at__gte="2015-01-01T00:00:00Z"), name="payment_not_too_old"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.gross} {self.currency} {self.paid_at:%Y-%m-%d}"

    @property
    def is_void(self) -> bool:
        return self.status == "void"

    def as_line(self) -> rules.Line:
        """The line as the rules know it; ids are primary keys as text."""
        return rules.Line(
            id=str(self.pk),
            kind=self.kind,
            status=self.status,
            gross=self.gross,
            paid_at=self.paid_at,
            tax=self.tax,
            currency=self.currency,
            rate=self.rate,
            undoes=str(self.undoes_id or ""),
            reference=self.reference,
            expires_on=self.expires_on,
        )
