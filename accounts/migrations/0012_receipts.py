"""Receipts of payments, and the files that perhaps no receipt refers to any more."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# However a receipt goes (one by one, with its payment, by hand), its file is looked at later.
LOOSEN = """
CREATE FUNCTION receipt_loosens_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO accounts_loosefile (sha256, since) VALUES (OLD.sha256, now())
        ON CONFLICT (sha256) DO UPDATE SET since = EXCLUDED.since;
    RETURN OLD;
END $$;
CREATE TRIGGER receipt_loosens_file AFTER DELETE ON accounts_receipt
    FOR EACH ROW EXECUTE FUNCTION receipt_loosens_file();
"""
HOLD = "DROP TRIGGER receipt_loosens_file ON accounts_receipt; DROP FUNCTION receipt_loosens_file();"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_imports"),
    ]

    operations = [
        migrations.CreateModel(
            name="LooseFile",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("since", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["since"], name="loose_file_by_age")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="loose_file_sha256"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=255)),
                ("kind", models.CharField(max_length=10)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                ("has_thumbnail", models.BooleanField(default=False)),
                ("facts", models.JSONField(blank=True, default=dict)),
                ("added_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="receipts", to="accounts.payment"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["sha256"], name="receipt_by_file"),
                    models.Index(
                        condition=models.Q(("removed_at__isnull", False)), fields=["removed_at"], name="receipt_removed"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at", None)),
                        fields=("payment", "sha256"),
                        name="receipt_once_per_payment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("pdf", "png", "jpeg", "eml"))), name="receipt_kind"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="receipt_sha256"
                    ),
                    models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="receipt_not_empty"),
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="receipt_has_name"),
                ],
            },
        ),
        migrations.RunSQL(LOOSEN, HOLD),
    ]
