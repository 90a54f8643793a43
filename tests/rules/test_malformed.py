"""A rulebook that does not fit together is refused, with the path of the mistake and the reason."""

import copy
from datetime import UTC, datetime

import pytest

from accounts import rules
from accounts.gateways import published
from tests.rules.ledgers import document_of

WHOLE = document_of(
    ("free", 0, 0),
    ("one", 5, 0),
    ("two", 50, 7),
    models=[
        {"id": "m", "name": "M", "access": "open", "from_tier": "one", "source": "page"},
        {"id": "n", "name": "N", "access": "partner", "source": "page"},
    ],
    limits=[{"id": "l", "name": "L", "models": ["m"], "source": "page", "tiers": {"one": {"rpm": 3}}}],
    constants={"top_up_min_usd": 5},
    notes=[{"text": "A note"}],
)
NOW = datetime(2025, 1, 1, tzinfo=UTC)
GONE = object()
OPAQUE = {"id": "x", "name": "X", "rank": 3, "opaque": True, "cap_usd": 1}
MODEL = {"id": "o", "name": "O", "access": "open", "from_tier": "one", "source": "page"}
LIMIT = {"id": "k", "name": "K", "models": ["n"], "tiers": {}}

# where the document is changed, the new value, where the mistake is said to be, and a part of the reason
MISTAKES = [
    ("schema", 2, "schema", "must be 1"),
    ("schema", GONE, "schema", "is missing"),
    ("schema", True, "schema", "whole number"),
    ("colour", "red", "colour", "not a known key"),
    ("id", "acme", "id", "slash"),
    ("id", "other/2025", "id", "slash"),
    ("id", "acme/20 25", "id", "slash"),
    ("title", GONE, "title", "is missing"),
    ("title", "", "title", "must be text"),
    ("title", {"zh-hans": "名"}, "title.en", "is missing"),
    ("title", {"en": 5}, "title.en", "must be text"),
    ("title", 5, "title", "must be a table"),
    ("kind", "guess", "kind", "one of official, article"),
    ("confidence", "sure", "confidence", "one of high, medium, low"),
    ("upgrades", "sometimes", "upgrades", "one of on_purchase, automatic"),
    ("downgrades", "often", "downgrades", "one of never, possible, unknown"),
    ("started_on", GONE, "started_by", "is missing"),
    ("started_on", "soon", "started_on", "must be a date"),
    ("started_on", NOW, "started_on", "must be a date"),
    ("started_on", 20250101, "started_on", "must be a date"),
    ("started_by", "2025-01-01", "started_on", "not both"),
    ("ended_after", "2025-06-01", "ended_by", "is missing"),
    ("ended_on", "2025-01-01", "ended_by", "later than the start"),
    ("counts_since", "2025-13-01", "counts_since", "must be a date"),
    ("provider", GONE, "provider", "is missing"),
    ("provider", [], "provider", "must be a table"),
    ("provider.id", "Acme Inc", "provider.id", "lower-case"),
    ("provider.name", " ", "provider.name", "must be text"),
    ("provider.billing_url", "http://acme.example", "provider.billing_url", "https://"),
    ("provider.logo", "x", "provider.logo", "not a known key"),
    ("constants.top_up_min_usd", 0, "constants.top_up_min_usd", "more than 0"),
    ("constants.top_up_min_usd", 11, "constants.top_up_min_usd", "at most"),
    ("constants.top_up_min_usd", 2.5, "constants.top_up_min_usd", "an amount"),
    ("constants.top_up_min_usd", "2.505", "constants.top_up_min_usd", "two places"),
    ("constants.top_up_min_usd", "NaN", "constants.top_up_min_usd", "two places"),
    ("constants.top_up_min_usd", "five", "constants.top_up_min_usd", "not an amount"),
    ("constants.recheck_hours", 0, "constants.recheck_hours", "from 1"),
    ("constants.settle_hours", "24", "constants.settle_hours", "whole number"),
    ("constants.pause", 1, "constants.pause", "not a known key"),
    ("tiers", GONE, "tiers", "is missing"),
    ("tiers", [], "tiers", "at least one tier"),
    ("tiers", {}, "tiers", "list of tables"),
    ("tiers.0", "free", "tiers[0]", "must be a table"),
    ("tiers.1.id", "free", "tiers[1].id", "stands twice"),
    ("tiers.1.id", "Tier 1", "tiers[1].id", "lower-case"),
    ("tiers.1.rank", 0, "tiers[1].rank", "must rise"),
    ("tiers.1.rank", 2, "tiers[2].rank", "must rise"),
    ("tiers.1.money_usd", GONE, "tiers[1].money_usd", "is missing"),
    ("tiers.1.money_usd", -1, "tiers[1].money_usd", "0 or more"),
    ("tiers.1.money_usd", "1e13", "tiers[1].money_usd", "0 or more"),
    ("tiers.1.money_usd", 51, "tiers[2].money_usd", "less than that of the tiers below"),
    ("tiers.1.wait_days", -1, "tiers[1].wait_days", "from 0"),
    ("tiers.1.wait_days", 3651, "tiers[1].wait_days", "to 3650"),
    ("tiers.1.money_usd", 0, "tiers", "'one' has neither a gate nor a requirement"),
    ("tiers.1.opaque", True, "tiers[1].opaque", "published gates"),
    ("tiers.1.opaque", "yes", "tiers[1].opaque", "true or false"),
    ("tiers.1.cap_usd", GONE, "tiers[1].cap_usd", "is missing"),
    ("tiers.1.cap_usd", "plenty", "tiers[1].cap_usd", "not an amount"),
    ("tiers.1.cap_usd", {"from": 5, "to": 5}, "tiers[1].cap_usd.from", "less than"),
    ("tiers.1.cap_usd", {"from": 5, "to": 6, "by": 7}, "tiers[1].cap_usd.by", "not a known key"),
    ("tiers.1.rolling_cap", 5, "tiers[1].rolling_cap", "must be a table"),
    ("tiers.1.rolling_cap", {"usd": 5, "minutes": 0}, "tiers[1].rolling_cap.minutes", "from 1"),
    ("tiers.1.rolling_cap", {"usd": 5, "minutes": 1, "day": 1}, "tiers[1].rolling_cap.day", "not a known key"),
    ("tiers.1.most_purchase_usd", "x", "tiers[1].most_purchase_usd", "not an amount"),
    ("tiers.1.requires", ["luck"], "tiers[1].requires", "'luck' must be one of"),
    ("tiers.1.requires", "contract", "tiers[1].requires", "list of texts"),
    ("tiers.1.colour", "red", "tiers[1].colour", "not a known key"),
    ("tiers", [*WHOLE["tiers"], OPAQUE, {**WHOLE["tiers"][1], "id": "y", "rank": 4}], "tiers[4].money_usd", "less"),
    ("sources", GONE, "sources", "is missing"),
    ("sources.0.url", "ftp://x", "sources[0].url", "https://"),
    ("sources.0.confidence", "medium-high", "sources[0].confidence", "one of"),
    ("sources", WHOLE["sources"] * 2, "sources[1].id", "stands twice"),
    ("models.0.access", "free", "models[0].access", "one of open, partner, expected, retired"),
    ("models.0.from_tier", "three", "models[0].from_tier", "no tier of this rulebook"),
    ("models.0.from_tier", GONE, "models[0].from_tier", "is missing"),
    ("models.0.requires", ["luck"], "models[0].requires", "must be one of"),
    ("models.0.or", [{"tier": "three"}], "models[0].or[0].tier", "no tier of this rulebook"),
    ("models.0.or", [{"tier": "two", "price": 3}], "models[0].or[0].price", "not a known key"),
    ("models.0.expected_tiers", ["two"], "models[0].expected_tiers", "only an announced model"),
    ("models.0.access", "expected", "models[0].from_tier", "does not open yet"),
    ("models.1.access", "retired", "models[1].retired_on", "is missing"),
    ("models.0.source", "rumour", "models[0].source", "no source of this rulebook"),
    ("models.0.kind", "smell", "models[0].kind", "one of"),
    ("models.1.id", "m", "models[1].id", "stands twice"),
    ("models", [{**MODEL, "opened_on": "2025-02-01", "retired_on": "2025-02-01"}], "models[0].retired_on", "later"),
    ("models", [{**MODEL, "access": "expected", "expected_tiers": ["three"]}], "models[0].expected_tiers", "no tier"),
    ("models.0.price", 5, "models[0].price", "not a known key"),
    ("limits.0.models", ["m", "q"], "limits[0].models", "no model of this rulebook"),
    ("limits.0.source", "rumour", "limits[0].source", "no source of this rulebook"),
    ("limits.0.tiers.three", {"rpm": 1}, "limits[0].tiers.three", "no tier of this rulebook"),
    ("limits.0.tiers.one", 5, "limits[0].tiers.one", "must be a table"),
    ("limits.0.tiers.one.rpm", 0, "limits[0].tiers.one.rpm", "from 1"),
    ("limits.0.tiers.one.rpm", "many", "limits[0].tiers.one.rpm", "whole number"),
    ("limits.0.tiers.one.rpm", {"up_to": 0}, "limits[0].tiers.one.rpm.up_to", "from 1"),
    ("limits.0.tiers.one.rpm", {"up_to": 5, "from": 1}, "limits[0].tiers.one.rpm.from", "not a known key"),
    ("limits.0.tiers.one.Requests", 5, "limits[0].tiers.one.Requests", "is not a metric"),
    ("limits.0.pool", 1, "limits[0].pool", "true or false"),
    ("limits.0.price", 5, "limits[0].price", "not a known key"),
    ("limits", [LIMIT, LIMIT], "limits[1].id", "stands twice"),
    ("limits", [LIMIT, {**LIMIT, "id": "l"}], "limits[1].models", "'n' stands in another group already"),
    ("notes.0.text", GONE, "notes[0].text", "is missing"),
    ("notes.0.words", "x", "notes[0].words", "not a known key"),
]


def changed(path, value):
    document = copy.deepcopy(WHOLE)
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place = document
    for step in way:
        place = place[step]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return document


def test_the_document_is_whole_before_it_is_changed():
    assert rules.build(WHOLE).id == "acme/2025"


@pytest.mark.parametrize(("path", "value", "where", "reason"), MISTAKES)
def test_a_mistake_is_refused_at_its_place(path, value, where, reason):
    with pytest.raises(rules.RulebookError) as refused:
        rules.build(changed(path, value))

    assert refused.value.where == where
    assert reason in refused.value.reason
    assert str(refused.value) == f"{where}: {refused.value.reason}"


def test_an_interval_must_not_be_turned_round():
    document = changed("started_on", GONE) | {"started_after": "2025-02-02", "started_by": "2025-02-01"}

    with pytest.raises(rules.RulebookError, match="started_after: must not be later"):
        rules.build(document)


def test_a_document_that_is_no_table_is_refused():
    with pytest.raises(rules.RulebookError, match="must be a table"):
        rules.build([])


@pytest.mark.parametrize(
    ("text", "where", "reason"),
    [
        ("schema = 1\ntiers = [", "end of document", "Invalid"),
        ("schema = 1\nid =\n", "line 2, column 5", "Invalid value"),
        ("schema = 1\nschema = 1\n", "line 2, column 11", "overwrite"),
        ("started_on = 2025-02-30\n", "line 1, column 14", "Invalid date"),
        ("schema = " + "9" * 5000, "", "Exceeds the limit"),
        ("a = " + "[" * 5000, "", "nested too deeply"),
    ],
)
def test_broken_toml_is_refused_by_line(text, where, reason):
    with pytest.raises(rules.RulebookError) as refused:
        rules.parse(text)

    assert refused.value.where == where
    assert reason in refused.value.reason


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("acme/2025.toml", b"schema = 2\n", "acme/2025.toml: schema: must be 1"),
        ("acme/2025.toml", b"schema =\n", "acme/2025.toml: line 1, column 9: Invalid value"),
        ("acme/2025.toml", b"schema = 1\n\xff", "acme/2025.toml: is not UTF-8 at byte 11"),
    ],
)
def test_a_malformed_file_is_refused_by_name(tmp_path, name, content, message):
    (tmp_path / "acme").mkdir()
    (tmp_path / name).write_bytes(content)

    with pytest.raises(rules.RulebookError) as refused:
        published.read_folder(tmp_path)

    assert str(refused.value) == message


def test_a_file_must_have_the_name_of_its_edition(tmp_path):
    text = (published.PUBLISHED / "xai" / "2026.toml").read_text(encoding="utf-8")
    (tmp_path / "xai").mkdir()
    (tmp_path / "xai" / "2027.toml").write_text(text, encoding="utf-8")

    with pytest.raises(rules.RulebookError, match=r"^xai/2027.toml: id: 'xai/2026'"):
        published.read_folder(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"schema = 2\n", "acme/credit.toml: schema: must be 1"),
        (b"schema =\n", "acme/credit.toml: line 1, column 9: Invalid value"),
        (b"schema = 1\n\xff", "acme/credit.toml: is not UTF-8 at byte 11"),
    ],
)
def test_a_rule_of_credit_that_cannot_be_read_is_named_with_its_mistake(tmp_path, content, message):
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "credit.toml").write_bytes(content)

    with pytest.raises(rules.RulebookError) as error:
        published.read_credit(tmp_path)
    assert str(error.value).startswith(message)
    assert published.read_folder(tmp_path) == {}


def test_a_rule_of_credit_stands_in_the_folder_of_its_provider(tmp_path):
    (tmp_path / "acme").mkdir()
    text = (published.PUBLISHED / "openai" / "credit.toml").read_text(encoding="utf-8")
    (tmp_path / "acme" / "credit.toml").write_text(text, encoding="utf-8")

    with pytest.raises(rules.RulebookError, match=r"^acme/credit.toml: provider: 'openai' does not stand in"):
        published.read_credit(tmp_path)
