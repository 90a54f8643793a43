"""Every kind of event that the actions write has a sentence."""

import ast
from pathlib import Path

import accounts
from accounts.templatetags.happenings import SENTENCES

ACTIONS = Path(accounts.__file__).parent / "actions"


def written_kinds():
    """The kinds that stand as text in the calls of `event(account, kind, ...)`."""
    for path in ACTIONS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "event":
                yield from (leaf.value for leaf in ast.walk(node.args[1]) if isinstance(leaf, ast.Constant))


def test_every_kind_of_event_has_a_sentence():
    kinds = set(written_kinds())
    assert "payment_recorded" in kinds
    assert kinds <= set(SENTENCES)
