"""What only the database can promise: history is append-only, editions never change, a sent mail stays sent."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {unless} THEN RETURN COALESCE(NEW, OLD); END IF;
    RAISE EXCEPTION '{says}' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();
"""
# Erasing a person's data is the one reason to delete history; who does it says so for the transaction.
ERASING = "current_setting('tierdash.erasing', true) = 'on'"


def guard(name: str, table: str, when: str, unless: str, says: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        REFUSE.format(name=name, table=table, when=when, unless=unless, says=says),
        f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();",
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_archive")]

    operations = [
        guard(
            "event_append_only",
            "accounts_event",
            "UPDATE OR DELETE",
            f"TG_OP = 'DELETE' AND {ERASING}",
            "the history is append-only",
        ),
        guard(
            "payment_never_deleted",
            "accounts_payment",
            "DELETE",
            ERASING,
            "a payment is voided, never deleted",
        ),
        guard(
            "rulebook_immutable",
            "accounts_rulebook",
            "UPDATE",
            # Its words may be translated better; `digest` covers all the rest of the document.
            "(NEW.id, NEW.provider, NEW.kind, NEW.started_by, NEW.digest, NEW.adopted_at)"
            " IS NOT DISTINCT FROM (OLD.id, OLD.provider, OLD.kind, OLD.started_by, OLD.digest, OLD.adopted_at)",
            "an adopted edition never changes",
        ),
        guard(
            "delivery_sent_stays",
            "accounts_delivery",
            "UPDATE",
            "OLD.status <> 'sent' OR NEW.status = 'sent'",
            "a sent mail stays sent",
        ),
        # A refund undoes a payment of its own account.
        migrations.RunSQL(
            """
            ALTER TABLE accounts_payment ADD CONSTRAINT payment_account_id UNIQUE (account_id, id);
            ALTER TABLE accounts_payment ADD CONSTRAINT payment_undoes_own_account
                FOREIGN KEY (account_id, undoes_id) REFERENCES accounts_payment (account_id, id)
                DEFERRABLE INITIALLY DEFERRED;
            """,
            """
            ALTER TABLE accounts_payment DROP CONSTRAINT payment_undoes_own_account;
            ALTER TABLE accounts_payment DROP CONSTRAINT payment_account_id;
            """,
        ),
    ]
