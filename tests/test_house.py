"""The house keeps its own rules: sizes, names, floors, templates, locks. A newcomer's mistake is named here."""

import ast
import re
from pathlib import Path

import pytest

from accounts import notices
from accounts.gateways import published

ROOT = Path(__file__).resolve().parent.parent
IDLE = {".git", ".venv", "var", "__pycache__", ".ruff_cache", ".mypy_cache", ".pytest_cache", "node_modules"}
NAMES_THAT_SAY_NOTHING = {"utils", "helpers", "common", "core", "misc", "base", "constants", "exceptions"}
WRITES = {"save", "create", "delete", "update", "get_or_create", "update_or_create", "bulk_create", "bulk_update"}


def files(*patterns: str) -> list[Path]:
    """The files of the tree that match a pattern such as "accounts/**/*.py"; not what was installed or is running."""
    found = {path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()}
    return sorted(path for path in found if not IDLE.intersection(path.relative_to(ROOT).parts))


def named(paths) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


MODULES = [path for path in files("**/*.py") if "migrations" not in path.parts]
TEMPLATES = files("templates/**/*.html", "templates/**/*.txt")


def test_no_module_is_longer_than_300_lines():
    rooms = files("accounts/**/*.py", "tierdash/**/*.py")
    long = [path for path in rooms if "migrations" not in path.parts and len(path.read_text().splitlines()) > 300]
    assert named(long) == []


def test_every_file_has_a_name_that_says_what_it_holds():
    silent = [path for path in MODULES if path.stem in NAMES_THAT_SAY_NOTHING]
    assert named(silent) == ["tierdash/database/base.py"]  # the name that Django looks for in a backend


def test_every_file_that_holds_tests_is_one_that_runs():
    idle = [
        path
        for path in files("tests/**/*.py")
        if re.search(r"^(?:async )?\s*def test_", path.read_text(), re.MULTILINE) and not path.name.startswith("test_")
    ]
    assert named(idle) == []


def test_views_write_nothing_themselves():
    found = []
    for path in files("accounts/views/**/*.py", "accounts/api/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
                # A dict's or a set's update() writes nothing that lasts; a queryset's has keywords.
                if node.func.attr == "update" and not node.keywords:
                    continue
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} .{node.func.attr}()")
    assert found == []


def test_the_rules_do_not_read_the_clock():
    clock = re.compile(r"\b(?:now|utcnow|today|time_ns|monotonic)\(|\btime\.time\(")
    assert named(path for path in files("accounts/rules/**/*.py") if clock.search(path.read_text())) == []


@pytest.mark.parametrize("kind", notices.KINDS)
@pytest.mark.parametrize("part", ["subject", "txt", "html", "chat"])
def test_every_kind_of_notice_has_its_templates(kind, part):
    assert (ROOT / "templates" / "notices" / f"{kind}.{part}").is_file()


@pytest.mark.parametrize("edition", published.editions())
def test_every_published_rulebook_has_examples(edition):
    assert (ROOT / "tests" / "rules" / "examples" / f"{edition}.toml").is_file()


class TestTemplates:
    """The content security policy forbids what stands inside a page; what a template says must hold without it."""

    # Texts (.txt) are mails, which no browser reads as markup.
    PAGES = [path for path in TEMPLATES if path.suffix == ".html" and "notices" not in path.parts]

    def found(self, pattern: str) -> list[str]:
        return [
            f"{path.relative_to(ROOT)}: {match[0]}"
            for path in self.PAGES
            for match in re.finditer(pattern, path.read_text(), re.IGNORECASE)
        ]

    def test_no_style_attribute(self):
        assert self.found(r"<[^>]*\sstyle\s*=") == []

    def test_no_style_element(self):
        assert self.found(r"<style\b") == []

    def test_no_event_handler(self):
        assert self.found(r"<[^>]*\s(?:on[a-z]+|hx-on[:a-z-]*)\s*=") == []

    def test_every_script_carries_the_nonce(self):
        assert [tag for tag in self.found(r"<script\b[^>]*>") if 'nonce="{{ csp_nonce }}"' not in tag] == []

    def test_nothing_is_marked_safe(self):
        assert self.found(r"\|\s*safe\b|\{%\s*autoescape off") == []


def test_no_lock_or_configuration_names_a_place_to_download_from():
    places = re.compile(
        r"--(?:extra-)?index-url|--find-links|--trusted-host|https?://[^\s\"']*(?:pypi|pythonhosted|npmjs)"
    )
    kept = files("*.lock", "*.toml", "*.cfg", "*.ini", "Makefile", ".ci/**", "*.txt", "*.json", "*.y*ml")
    # A setting that says where *not* to look names no place.
    told = re.compile(r"--no-emit-(?:index-url|find-links)")
    assert named(path for path in kept if places.search(told.sub("", path.read_text()))) == []


def test_nothing_is_skipped_or_expected_to_fail():
    skips = re.compile(r"pytest\.(?:skip|xfail|importorskip)|mark\.(?:skip|skipif|xfail)|unittest\.skip")
    here = Path(__file__)
    assert named(path for path in files("tests/**/*.py") if path != here and skips.search(path.read_text())) == []
