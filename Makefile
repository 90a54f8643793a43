# Needs only make and Python 3.11 or newer. `make` alone lists what there is.
VENV := .venv
PY := $(CURDIR)/$(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
# Django's commands want a database and a key: a throw-away cluster gives both.
TEMPORARY := $(PY) -m tierdash.launcher.postgres --temporary --
MAKEMESSAGES := manage.py makemessages --locale zh_Hans --extension html,txt,py,subject,chat --add-location file --no-wrap --no-obsolete \
	--ignore '.venv/*' --ignore 'var/*' --ignore 'tests/*' --ignore 'bench/*'

# An environment whose Python is gone (a half-made one, a system upgrade) is made again.
ifneq ($(shell $(PY) -c 'import pip' 2>/dev/null && echo whole),whole)
$(shell rm -f $(VENV)/.installed $(VENV)/.installed-dev)
endif

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: $(VENV)/.installed ## install tierdash into .venv

$(VENV)/.installed: requirements.lock
	@test -n "$(PYTHON)" || { echo "tierdash needs Python 3.11 or newer; none was found. Name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "The module venv of $(PYTHON) is missing. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Installing into $(VENV) ..."
	@$(PY) -c 'import pip' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) -r requirements.lock || { echo "The installation failed: pip's reason stands above." >&2; exit 1; }
	@$(PY) -m tierdash.launcher.translations
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what the tests need ..."
	@$(PIP) -r requirements-dev.lock || { echo "The installation failed: pip's reason stands above." >&2; exit 1; }
	@touch $@

.PHONY: run
run: install ## start tierdash; PORT=8001 for another port
	@exec $(PY) -m tierdash.launcher $(if $(PORT),--port $(PORT))

.PHONY: demo
demo: install ## start tierdash with a filled workspace, in a folder of its own
	@exec $(PY) -m tierdash.launcher --demo $(if $(PORT),--port $(PORT))

.PHONY: test
test: $(VENV)/.installed-dev system-packages ## check and test everything; every check runs, one failure fails it all
	@failed=; \
	$(MAKE) --no-print-directory --keep-going --jobs 2 --output-sync=target lint django-checks messages-check || failed=yes; \
	$(MAKE) --no-print-directory --keep-going test-fast test-whole || failed=yes; \
	test -z "$$failed"

.PHONY: system-packages
system-packages:
	@.ci/system-packages

.PHONY: lint
lint: $(VENV)/.installed-dev ## style, types, import contracts
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(TEMPORARY) $(PY) -m mypy
	$(VENV)/bin/lint-imports

.PHONY: django-checks
django-checks: $(VENV)/.installed-dev
	$(TEMPORARY) $(PY) manage.py makemigrations --check --dry-run
	TIERDASH_URL=https://tierdash.example.org $(TEMPORARY) $(PY) manage.py check --deploy --fail-level WARNING

.PHONY: test-fast
test-fast: $(VENV)/.installed-dev ## unit, property and database tests; the rules are covered to the last branch
	@$(PY) -m tierdash.launcher.translations
	$(PY) -m pytest -n 2 tests/rules --cov --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=100
	$(PY) -m pytest -n 2 -m "not process and not browser" --ignore tests/rules

# Each file stays on one worker: much of the time is waiting for a clock or a start, so two files at once do no harm.
.PHONY: test-whole
test-whole: $(VENV)/.installed-dev ## process and browser tests
	@$(PY) -m tierdash.launcher.translations
	$(PY) -m pytest -n 2 --dist loadfile -m "process or browser"

.PHONY: messages
messages: $(VENV)/.installed-dev ## take new texts over into locale/
	$(TEMPORARY) $(PY) $(MAKEMESSAGES)
# Without its date the file changes only when a text does.
	@for file in locale/*/LC_MESSAGES/*.po; do sed -i.old '/^"POT-Creation-Date:/d' "$$file" && rm "$$file.old"; done
	@$(PY) -m tierdash.launcher.translations

# Done in a copy, so that a check never changes the tree.
.PHONY: messages-check
messages-check: $(VENV)/.installed-dev ## fail when a text is untranslated, fuzzy or wrongly formatted
	@copy=$$(mktemp -d) && trap 'rm -rf "$$copy"' EXIT && \
	cp -R accounts tierdash templates locale manage.py "$$copy" && cd "$$copy" && \
	PYTHONPATH="$$copy" $(TEMPORARY) $(PY) $(MAKEMESSAGES) && \
	for file in locale/*/LC_MESSAGES/*.po; do \
		msgfmt --check -o /dev/null "$$file" || exit 1; \
		missing=$$(msgattrib --untranslated --no-obsolete "$$file"; msgattrib --only-fuzzy --no-obsolete "$$file"); \
		test -z "$$missing" || { echo "$$missing"; echo "$$file: the texts above are not translated" >&2; exit 1; }; \
	done; echo "All texts are translated."

.PHONY: icons
icons: $(VENV)/.installed-dev ## draw the PNG icons from their SVG sources
	$(PY) -m tests.icons

.PHONY: screens
screens: $(VENV)/.installed-dev ## photograph every page into docs/screens/
	@$(PY) -m tierdash.launcher.translations
	$(PY) -m tests.screens

.PHONY: lock
lock: ## write the exact versions of all packages, with hashes
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --no-strip-extras pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --no-strip-extras -c requirements.lock --group dev pyproject.toml -o requirements-dev.lock
