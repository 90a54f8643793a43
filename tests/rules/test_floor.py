"""The rules stand on nothing but the standard library."""

import ast
import sys
from pathlib import Path

import pytest

from accounts import rules

MODULES = sorted(Path(rules.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_of_the_rules_imports_the_standard_library_only(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module)
    foreign = {name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names}

    assert all(name == "accounts.rules" or name.startswith("accounts.rules.") for name in foreign)
