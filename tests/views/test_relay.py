"""One relay: its state, its balance, and requests that hold whatever a name or an address may hold."""

import ast
import json
import shlex
import subprocess
import sys
import threading
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.utils.safestring import SafeString

from accounts import actions
from accounts.models import Relay
from accounts.templatetags.relays import ANY_MODEL, curl, openai, python
from tests.make import NOW, make_account, make_relay
from tests.views.reading import HTMX, choice_of, error_at, has, html_of, value_of, words_of

NASTY = [
    "openai/o3-mini",
    "it's",
    'a"b',
    "$(touch${IFS}/tmp/x)",
    "`id`",
    "a\\b",
    "a\\",
    "$API_KEY",
    "!!",
    "'; echo owned; '",
    "'\"'\"'",
    "{x}",
    "%s",
    "模型",
    "🚀",
    '"""',
    "</pre><script>",
    "-d@/etc/passwd",
    "@/etc/passwd",
]
BASE = "https://relay.example/v1"


class TestTheRequest:
    @pytest.mark.parametrize("model", NASTY)
    def test_a_shell_reads_each_word_as_it_was_meant(self, model):
        words = shlex.split(curl(BASE, model).replace(" \\\n", " "))
        assert words[:2] == ["curl", f"{BASE}/chat/completions"]
        assert words[2:6] == ["-H", "Content-Type: application/json", "-H", "Authorization: Bearer $API_KEY"]
        assert words[6] == "-d"
        assert json.loads(words[7])["model"] == model
        assert len(words) == 8

    @pytest.mark.parametrize("model", NASTY)
    def test_a_real_shell_runs_nothing_but_curl(self, model, tmp_path):
        stub = tmp_path / "curl"
        stub.write_text('#!/bin/sh\nfor word in "$@"; do printf "%s\\0" "$word"; done\n')
        stub.chmod(0o755)
        place = {"PATH": f"{tmp_path}:/usr/bin:/bin", "API_KEY": "of the reader"}
        ran = subprocess.run(["sh", "-c", curl(BASE, model)], env=place, capture_output=True, check=True, cwd=tmp_path)
        words = ran.stdout.decode().split("\0")[:-1]
        assert words[4] == "Authorization: Bearer of the reader"
        assert json.loads(words[-1])["model"] == model
        assert ran.stderr == b""

    @pytest.mark.parametrize("model", NASTY)
    @pytest.mark.parametrize("write", [python, openai])
    def test_python_reads_each_string_as_it_was_meant(self, write, model):
        text = write(BASE, model)
        strings = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
        assert model in strings
        assert strings & {BASE, f"{BASE}/chat/completions"}
        assert text.isascii()

    @pytest.mark.parametrize("model", ["openai/o3-mini", 'it\'s "模型" 🚀\\'])
    def test_python_sends_it(self, model):
        class Relay_(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                seen.append((self.path, self.headers["Authorization"], json.loads(self.rfile.read(length))))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"choices": [{"message": {"content": "hello"}}]}')

            def log_message(self, *words):
                pass

        seen: list = []
        with HTTPServer(("127.0.0.1", 0), Relay_) as server:
            thread = threading.Thread(target=server.handle_request)
            thread.start()
            text = python(f"http://127.0.0.1:{server.server_port}/v1", model)
            ran = subprocess.run(
                [sys.executable, "-I", "-c", text], env={"API_KEY": "k"}, capture_output=True, check=True, timeout=30
            )
            thread.join()
        assert ran.stdout.strip() == b"hello"
        path, key, body = seen[0]
        assert (path, key, body["model"]) == ("/v1/chat/completions", "Bearer k", model)

    def test_no_example_holds_markup_of_its_own(self):
        assert not isinstance(curl(BASE, "x"), SafeString)


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
class TestThePage:
    @pytest.fixture
    def relay(self, ann) -> Relay:
        return make_relay(ann, name="bridge", balance="12.40", model_ids=("openai/o3-mini", "gpt-4o", "</pre><b>x"))

    def shown(self, page) -> str:
        """The curl example as the browser's clipboard gets it."""
        return unescape(html_of(page).partition('<pre id="example-curl"')[2].partition(">")[2].partition("</pre>")[0])

    def test_shows_the_request_with_its_own_address_and_first_model(self, signed_in, relay):
        page = signed_in.get(f"/relays/{relay.pk}/")
        assert self.shown(page) == curl(BASE, "openai/o3-mini")
        assert "tierdash never calls this address" in words_of(page)

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_another_model_is_chosen_in_the_address(self, signed_in, relay, headers):
        page = signed_in.get(f"/relays/{relay.pk}/", {"model": "gpt-4o"}, headers=headers)
        assert self.shown(page) == curl(BASE, "gpt-4o")
        if not headers:
            assert choice_of(page, "model") == "gpt-4o"

    def test_markup_in_a_name_stays_text(self, signed_in, relay):
        page = signed_in.get(f"/relays/{relay.pk}/", {"model": "</pre><b>x"})
        assert self.shown(page) == curl(BASE, "</pre><b>x")
        assert "</pre><b>x" not in html_of(page)

    def test_a_model_that_is_not_offered_is_not_put_in(self, signed_in, relay):
        page = signed_in.get(f"/relays/{relay.pk}/", {"model": "'; rm -rf /"})
        assert "rm -rf" not in html_of(page)

    def test_without_models_a_word_stands_in_its_place(self, signed_in, ann):
        page = signed_in.get(f"/relays/{make_relay(ann).pk}/")
        assert self.shown(page) == curl(BASE, ANY_MODEL)

    def test_says_when_it_is_no_longer_needed(self, signed_in, ann):
        account = make_account(ann, name="production", seen="tier-3")
        relay = make_relay(ann, bridges=account, bridge_model="o3-mini")
        words = words_of(signed_in.get(f"/relays/{relay.pk}/"))
        assert "production has O3-mini : this relay is no longer needed for it." in words
        assert "No longer needed" in words

    def test_an_account_that_the_rules_cannot_judge_breaks_nothing(self, signed_in, ann):
        account = make_account(ann)
        relay = make_relay(ann, bridges=account, bridge_tier="tier-3")
        type(account).objects.filter(pk=account.pk).update(seen_tier="no-such")
        assert signed_in.get(f"/relays/{relay.pk}/").status_code == 200
        assert signed_in.get("/relays/").status_code == 200

    def test_notes_a_balance(self, signed_in, relay):
        address = f"/relays/{relay.pk}/balance/"
        answer = signed_in.post(address, {"balance": "3.5", "currency": "eur", "balance_seen": "2025-05-20"})
        assert answer.status_code == 302
        words = words_of(signed_in.get(f"/relays/{relay.pk}/"))
        assert "€3.50" in words
        assert "Balance €3.50, seen Tue 20 May" in words

    def test_a_balance_that_cannot_be_keeps_what_was_typed(self, signed_in, relay):
        answer = signed_in.post(f"/relays/{relay.pk}/balance/", {"balance": "x", "currency": "USD"})
        assert answer.status_code == 422
        assert error_at(answer, "id_balance")
        assert error_at(answer, "id_balance_seen")
        assert value_of(answer, "balance") == "x"

    def test_nothing_left_is_said(self, signed_in, relay):
        form = {"balance": "0", "currency": "USD", "balance_seen": "2025-05-20"}
        signed_in.post(f"/relays/{relay.pk}/balance/", form)
        assert "Empty" in words_of(signed_in.get(f"/relays/{relay.pk}/"))

    def test_there_and_back_from_the_archive(self, signed_in, relay):
        signed_in.post(f"/relays/{relay.pk}/archive/")
        page = signed_in.get(f"/relays/{relay.pk}/")
        assert "In the archive since" in words_of(page)
        assert not has(page, "balance")
        assert f"/relays/{relay.pk}/edit/" not in html_of(page)
        signed_in.post(f"/relays/{relay.pk}/restore/")
        assert "is among your relays again" in words_of(signed_in.get("/relays/"), "messages")

    def test_no_way_back_while_its_name_is_in_use(self, signed_in, ann, relay):
        actions.archive_relay(relay, by=ann, now=NOW)
        make_relay(ann, name="Bridge")
        signed_in.post(f"/relays/{relay.pk}/restore/")
        assert "rename that one first" in words_of(signed_in.get("/relays/"), "messages")

    def test_a_viewer_only_reads(self, see, relay):
        page = html_of(see.get(f"/relays/{relay.pk}/"))
        for verb in ("edit", "balance", "archive"):
            assert f"/relays/{relay.pk}/{verb}/" not in page

    def test_it_speaks_chinese(self, signed_in, ann, relay):
        ann.language = "zh-hans"
        ann.save()
        assert "可直接运行的请求" in words_of(signed_in.get(f"/relays/{relay.pk}/"))
