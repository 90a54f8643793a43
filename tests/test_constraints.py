"""The constraints that the migrations make are really there."""

import pytest
from django.db import connection

GUARDS = {
    "payment_undoes_own_account",
    "notice_once_per_episode",
    "notice_window_of_credit",
    "episode_one_running",
    "delivery_once",
    "delivery_once_a_channel",
    "delivery_has_way",
    "channel_form_key_unique",
    "channel_kind",
    "channel_sealed_whole",
    "channel_paused_whole",
    "channel_failing_whole",
    "job_run_once_per_slot",
    "payment_form_key_unique",
    "payment_reference_unique",
    "payment_not_in_future",
    "payment_expiry_of_credit",
    "payment_expiry_range",
    "payment_expiry_after_payment",
    "account_form_key_unique",
    "import_state",
    "import_end_whole",
    "import_one_home",
    "plan_one_running",
    "plan_form_key_unique",
    "escalation_resolved_whole",
    "escalation_trigger_after_start",
    "escalation_top_up_is_trigger",
    "receipt_once_per_payment",
    "receipt_kind",
    "receipt_sha256",
    "receipt_not_empty",
    "receipt_has_name",
    "loose_file_sha256",
    "relay_form_key_unique",
    "relay_name_unique",
    "relay_bridges_own_account",
    "relay_address_bare",
    "kept_answer_key_unique",
    "token_digest_unique",
    "token_form_key_unique",
    "token_scopes",
}


@pytest.mark.django_db
def test_every_guard_stands_in_the_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes")
        standing = {name for (name,) in cursor.fetchall()}
    assert standing >= GUARDS
