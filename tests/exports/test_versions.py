"""A document that an earlier tierdash wrote is read by this one. The samples are as they were written, for ever."""

import json
from pathlib import Path

import jsonschema
import pytest
from django.conf import settings

from accounts.exports import workspace as schema
from accounts.exports.kinds import ListOf
from accounts.exports.shape import Shape
from accounts.models import Account, Import, Payment, Rulebook
from tests import make
from tests.exports import everything

SAMPLES = sorted((Path(__file__).parent / "samples").glob("workspace-*.json"))
VERSIONS = range(1, schema.VERSION)
DOCS = Path(settings.BASE_DIR) / "docs"


def test_there_is_a_sample_of_every_earlier_version():
    assert [sample.stem for sample in SAMPLES] == [f"workspace-{version}" for version in VERSIONS]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_a_sample_keeps_to_the_schema_of_its_version(sample):
    document = json.loads(sample.read_text())
    kept = DOCS / f"{document['schema'].replace('/', '-')}.schema.json"
    jsonschema.validate(document, json.loads(kept.read_text()), format_checker=jsonschema.FormatChecker())


@pytest.mark.django_db
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_a_sample_comes_back(sample):
    told = json.loads(sample.read_text())
    workspace = everything.restore(sample.read_bytes(), now=make.NOW)
    account = Account.objects.get()
    assert workspace.name == told["workspace"]["name"]
    assert [str(line.uid) for line in account.payments.order_by("id")] == [
        line["uid"] for line in told["accounts"][0]["payments"]
    ]
    now = json.loads(everything.document_of(workspace, now=make.NOW))
    schema.DOCUMENT.complete(told, int(told["schema"].rpartition("/")[2]), "")
    assert now == told | {"schema": schema.SCHEMA}
    assert Rulebook.objects.count() == len(told["rulebooks"])


@pytest.mark.django_db
def test_payments_of_the_first_version_were_brought_by_nobody():
    everything.restore(SAMPLES[0].read_bytes(), now=make.NOW)
    assert not Import.objects.exists()
    assert set(Payment.objects.values_list("came_by", flat=True)) == {None}


@pytest.mark.parametrize("version", VERSIONS)
def test_no_field_is_of_an_earlier_version_than_the_one_that_brought_it(version):
    """A new field needs `since` and what it says `without`: documents of before do not have it."""
    kept = json.loads((DOCS / f"{schema.NAME}-{version}.schema.json").read_text())
    assert names_of(schema.DOCUMENT, version) == names_in(kept)


def names_of(shape: Shape, version: int, path: str = "") -> set[str]:
    found = set()
    for field in shape.fields:
        if field.since <= version:
            found.add(f"{path}{field.name}")
            inside = field.kind.kind if isinstance(field.kind, ListOf) else field.kind
            if isinstance(inside, Shape):
                found |= names_of(inside, version, f"{path}{field.name}.")
    return found


def names_in(described: dict, path: str = "") -> set[str]:
    inside = described.get("anyOf", [described])[0]
    inside = inside.get("items", inside)
    inside = inside.get("anyOf", [inside])[0]
    return {f"{path}{name}" for name in inside.get("properties", {})}.union(
        *(names_in(part, f"{path}{name}.") for name, part in inside.get("properties", {}).items())
    )
