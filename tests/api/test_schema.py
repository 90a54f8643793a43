"""Whatever the description allows, and much that it forbids, gets an answer that the description names.

The cases are the same on every run: they are derived from the description. Each begins in the same world.
"""

import uuid
from dataclasses import dataclass

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import override_settings
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode

from tests import make

schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
# What a description cannot say (text with NUL, an unknown tier, a payment in the future) is refused with 400 or 422.
schema.config.checks.positive_data_acceptance.expected_statuses = ["2xx", "400", "401", "403", "404", "409", "422"]
# test_authorization asks every address with every method there is; here one that is none will do.
schema.config.phases.coverage.unexpected_methods = {"QUERY"}
# Beside these come the cases that follow from the description itself, about 70 for an operation: they find nearly all.
EXAMPLES = 12


@dataclass(frozen=True)
class World:
    secret: str
    ids: dict[str, str]


@pytest.fixture
def world(db, clock):
    ann = make.make_user()
    account = make.make_account(ann, name="production", payments=[("50.00", "05-01T10:00"), ("20.00", "05-03T10:00")])
    ids = {
        "account_id": str(account.pk),
        "payment_id": str(account.payments.first().uid),
        "provider": "openai",
        "edition": "2025-05",
    }
    # As Django's own test client does: the connection, which is within the test's transaction, outlives the request.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    with override_settings(API_REQUESTS_PER_MINUTE=1_000_000):
        yield World(make.make_token(ann).secret, ids)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
def test_every_answer_is_one_that_the_description_names(case, world):
    with transaction.atomic():
        # An id that somebody invented finds nothing; most cases should get further than that.
        if case.path_parameters and uuid.uuid5(uuid.NAMESPACE_OID, repr(case.body)).int % 8:
            known = {name: value for name, value in world.ids.items() if name in case.path_parameters}
            if case.meta is None or case.meta.generation.mode == GenerationMode.POSITIVE:
                case.path_parameters.update(known)
        # Without a server in between nobody would unpack a packed answer.
        headers = {"Authorization": f"Bearer {world.secret}", "Accept-Encoding": "identity"}
        case.call_and_validate(headers=headers)
        transaction.set_rollback(True)
