"""Plans, and one place for an account's goal: a wish instead of a tier and a model beside each other."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def keep_goals(apps, schema_editor):
    """A model stays what is wished for, else the tier. A tier beside a model is kept by the history."""
    Account, Event = apps.get_model("accounts", "Account"), apps.get_model("accounts", "Event")
    for account in Account.objects.exclude(goal_tier="", goal_model=""):
        account.goal = {"model": account.goal_model} if account.goal_model else {"tier": account.goal_tier}
        account.save(update_fields=["goal"])
        if account.goal_model and account.goal_tier:
            changed = {"goal_tier": {"before": account.goal_tier, "after": ""}}
            Event.objects.create(account=account, kind="account_edited", at=timezone.now(), facts={"changed": changed})


def give_goals_back(apps, schema_editor):
    Account = apps.get_model("accounts", "Account")
    for account in Account.objects.exclude(goal={}):
        account.goal_model, account.goal_tier = account.goal.get("model", ""), account.goal.get("tier", "")
        account.save(update_fields=["goal_model", "goal_tier"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_withdrawn")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="goal",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.RunPython(keep_goals, give_goals_back),
        migrations.RemoveField(model_name="account", name="goal_model"),
        migrations.RemoveField(model_name="account", name="goal_tier"),
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rulebook_id", models.CharField(max_length=80)),
                ("tier", models.CharField(max_length=40)),
                ("kind", models.CharField(max_length=20)),
                ("wish", models.JSONField()),
                ("document", models.JSONField()),
                ("adopted_at", models.DateTimeField()),
                ("left_at", models.DateTimeField(blank=True, null=True)),
                ("left_why", models.CharField(blank=True, max_length=20)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("outcome", models.CharField(blank=True, max_length=20)),
                ("form_key", models.UUIDField(default=uuid.uuid4)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="plans", to="accounts.account"
                    ),
                ),
                (
                    "adopted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["account", "-ended_at"], name="plan_by_account")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)), fields=("account",), name="plan_one_running"
                    ),
                    models.UniqueConstraint(fields=("account", "form_key"), name="plan_form_key_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("all_at_once", "cheapest", "latest"))), name="plan_kind"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("outcome", "")),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("outcome__in", ("reached", "left", "replaced", "dropped")),
                            ),
                            _connector="OR",
                        ),
                        name="plan_end_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("left_at", None), ("left_why", "")),
                            models.Q(("left_at__isnull", False), models.Q(("left_why", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="plan_left_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at", None), ("ended_at__gte", models.F("adopted_at")), _connector="OR"
                        ),
                        name="plan_ends_after_start",
                    ),
                ],
            },
        ),
    ]
