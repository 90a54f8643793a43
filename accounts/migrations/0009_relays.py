"""Relays and their history: append-only, and a relay stands in for an account of its own workspace only."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_escalations"),
    ]

    operations = [
        migrations.CreateModel(
            name="Relay",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100)),
                ("base_url", models.CharField(max_length=300)),
                (
                    "model_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), blank=True, default=list, size=None
                    ),
                ),
                ("balance", models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True)),
                ("currency", models.CharField(default="USD", max_length=3)),
                ("balance_seen_at", models.DateTimeField(blank=True, null=True)),
                ("expires_on", models.DateField(blank=True, null=True)),
                ("bridge_tier", models.CharField(blank=True, max_length=40)),
                ("bridge_model", models.CharField(blank=True, max_length=80)),
                ("notes", models.TextField(blank=True, max_length=5000)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                ("form_key", models.UUIDField(default=uuid.uuid4)),
                (
                    "bridges",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="relays",
                        to="accounts.account",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="relays", to="accounts.workspace"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RelayEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                ("facts", models.JSONField(default=dict)),
                (
                    "by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "relay",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="accounts.relay"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="relay",
            constraint=models.UniqueConstraint(fields=("workspace", "form_key"), name="relay_form_key_unique"),
        ),
        migrations.AddConstraint(
            model_name="relay",
            constraint=models.UniqueConstraint(
                models.F("workspace"),
                django.db.models.functions.text.Lower("name"),
                condition=models.Q(("archived_at", None)),
                name="relay_name_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="relay",
            constraint=models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="relay_has_name"),
        ),
        migrations.AddConstraint(
            model_name="relay",
            constraint=models.CheckConstraint(
                condition=models.Q(("base_url__regex", "^https?://[^\\s@?#]+$")), name="relay_address_bare"
            ),
        ),
        migrations.AddConstraint(
            model_name="relay",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="relay_currency"
            ),
        ),
        migrations.AddConstraint(
            model_name="relay",
            constraint=models.CheckConstraint(
                condition=models.Q(("balance", None), ("balance__gte", 0), _connector="OR"),
                name="relay_balance_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="relay",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("balance", None), ("balance_seen_at", None)),
                    models.Q(("balance__isnull", False), ("balance_seen_at__isnull", False)),
                    _connector="OR",
                ),
                name="relay_balance_dated",
            ),
        ),
        migrations.AddConstraint(
            model_name="relay",
            constraint=models.CheckConstraint(
                condition=models.Q(("bridge_tier", ""), ("bridge_model", ""), _connector="OR"),
                name="relay_waits_for_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="relay",
            constraint=models.CheckConstraint(
                condition=models.Q(("model_ids__len__lte", 500)), name="relay_models_bounded"
            ),
        ),
        migrations.AddIndex(
            model_name="relayevent",
            index=models.Index(fields=["relay", "-at", "-id"], name="relay_event_latest"),
        ),
        migrations.RunSQL(
            """
            CREATE FUNCTION relay_event_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                -- Erasing a person's data is the one reason to delete history; who does it says so for the transaction.
                IF TG_OP = 'DELETE' AND current_setting('tierdash.erasing', true) = 'on' THEN RETURN OLD; END IF;
                RAISE EXCEPTION 'the history is append-only' USING ERRCODE = 'integrity_constraint_violation';
            END $$;
            CREATE TRIGGER relay_event_append_only BEFORE UPDATE OR DELETE ON accounts_relayevent
                FOR EACH ROW EXECUTE FUNCTION relay_event_append_only();
            """,
            "DROP TRIGGER relay_event_append_only ON accounts_relayevent; DROP FUNCTION relay_event_append_only();",
        ),
        migrations.RunSQL(
            """
            ALTER TABLE accounts_account ADD CONSTRAINT account_workspace_id UNIQUE (workspace_id, id);
            ALTER TABLE accounts_relay ADD CONSTRAINT relay_bridges_own_account
                FOREIGN KEY (workspace_id, bridges_id) REFERENCES accounts_account (workspace_id, id)
                DEFERRABLE INITIALLY DEFERRED;
            """,
            """
            ALTER TABLE accounts_relay DROP CONSTRAINT relay_bridges_own_account;
            ALTER TABLE accounts_account DROP CONSTRAINT account_workspace_id;
            """,
        ),
    ]
