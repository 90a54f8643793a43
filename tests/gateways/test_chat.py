"""The messenger: one message by Apprise, in a process that can reach nothing but what may be called."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from accounts.gateways import chat
from accounts.gateways import letter as mail
from accounts.gateways.outside import Outside
from accounts.gateways.receivers import BadAddress
from accounts.gateways.services import SERVICES
from tests.receiver import BOMB, DRIP, DROP, HANG, HUGE, Receiver, running

QUICK = chat.Patience(start=20, connect=1, read=1, whole=4)
AWAY = mail.Outcome(mail.UNREACHABLE, "unreachable")
TITLE, TEXT = "Prod: $5.00 may trigger Tier 2 now", "Top up $5.00.\nhttps://tierdash.example.org/accounts/1/ 等级"
# An address of each service, with secrets of the right shape.
ADDRESSES = {
    "telegram": ("tgram://123456789:AAbot-token_abcdefghij/-1001234567890", "api.telegram.org"),
    "slack": ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "hooks.slack.com"),
    "discord": ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "discord.com"),
    "teams": ("workflows://prod-12.example.com:443/643e69f83c8944438d68119179a10a64/nIMBw2T1W2", "prod-12.example.com"),
    "google-chat": ("gchat://spaceAAAA/keyBBBB/tokenCCCC", "chat.googleapis.com"),
    "mattermost": ("mmosts://chat.example.org/3ccdd113474722377935511fc85d3dd4", "chat.example.org"),
    "rocket-chat": (f"rockets://{'a' * 24}/{'b' * 43}@chat.example.org/#ops", "chat.example.org"),
    "matrix": ("matrixs://access-token@matrix.example.org/!room:example.org", "matrix.example.org"),
    "ntfy": ("ntfys://ntfy.example.org/a-long-topic", "ntfy.example.org"),
    "gotify": ("gotifys://gotify.example.org/AbCdEfGhIjKlMnO", "gotify.example.org"),
    "pushover": (f"pover://{'u' * 30}@{'a' * 30}", "api.pushover.net"),
    "bark": ("barks://api.day.app/devicekey", "api.day.app"),
    "feishu": ("feishu://0b0c1d2e-1111-4222", "open.feishu.cn"),
    "lark": ("lark://0b0c1d2e-1111-4222", "open.larksuite.com"),
    "dingtalk": ("dingtalk://SECabc12@12345abc", "oapi.dingtalk.com"),
    "wecom": ("wecombot://0b0c1d2e-1111", "qyapi.weixin.qq.com"),
    "server-chan": ("schan://SCT0000token", "sctapi.ftqq.com"),
}
# The same as the services themselves hand them out.
NATIVE = [
    ("slack", "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "hooks.slack.com"),
    ("discord", "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "discord.com"),
    ("google-chat", "https://chat.googleapis.com/v1/spaces/AAAA/messages?key=kkk&token=ttt", "chat.googleapis.com"),
    ("mattermost", "https://chat.example.org/hooks/3ccdd113474722377935511fc85d3dd4", "chat.example.org"),
    ("rocket-chat", f"https://chat.example.org/hooks/{'a' * 24}/{'b' * 43}", "chat.example.org"),
    ("ntfy", "https://ntfy.sh/a-long-topic", "ntfy.sh"),
    ("bark", "https://api.day.app/devicekey", "api.day.app"),
    ("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/0b0c1d2e-1111", "open.feishu.cn"),
    ("lark", "https://open.larksuite.com/open-apis/bot/v2/hook/0b0c1d2e-1111", "open.larksuite.com"),
    ("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=12345abc", "oapi.dingtalk.com"),
    ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0b0c1d2e-1111", "qyapi.weixin.qq.com"),
    ("server-chan", "https://sctapi.ftqq.com/SCT0000token.send", "sctapi.ftqq.com"),
    (
        "teams",
        "https://prod-12.example.com:443/workflows/643e69f83c8944438d68119179a10a64/triggers/manual/paths/invoke"
        "?api-version=2022-03-01-preview&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=nIMBw2T1W2kDaTqQcyp3",
        "prod-12.example.com",
    ),
]


def send(target: str, rules: Outside, *, service: str = "ntfy", fence=lambda: True, patience=QUICK) -> mail.Outcome:
    return chat.send(chat.Message(service, target, TITLE, TEXT), rules, fence, patience=patience)


@pytest.fixture
def receiver():
    with running() as held:
        yield held


class TestALookAtAnAddress:
    def test_there_is_one_of_every_service(self):
        assert set(ADDRESSES) == set(SERVICES)

    @pytest.mark.parametrize("service", SERVICES)
    def test_it_tells_where_messages_would_go(self, service):
        address, host = ADDRESSES[service]
        assert chat.look_at(service, address, Outside()) == host

    @pytest.mark.parametrize(("service", "address", "host"), NATIVE, ids=[each[0] for each in NATIVE])
    def test_also_as_the_service_itself_writes_it(self, service, address, host):
        assert chat.look_at(service, address, Outside()) == host

    @pytest.mark.parametrize(
        ("service", "address", "code"),
        [
            ("ntfy", "nothing", "not_understood"),
            ("ntfy", "https://example.com/x/y/z", "not_understood"),
            ("slack", "slack://too-short", "not_understood"),
            ("slack", ADDRESSES["discord"][0], "other_service"),
            ("ntfy", "json://example.com/x", "other_service"),
            ("ntfy", "mailto://me:secret@example.com", "other_service"),
            ("ntfy", "syslog://", "other_service"),
            ("ntfy", "ntfys://ntfy.example.org/one/two", "many"),
            ("ntfy", "ntfys://ntfy.example.org/topic?verify=no", "option"),
            ("ntfy", "ntfys://ntfy.example.org/topic?VERIFY=no", "option"),
            ("ntfy", "ntfys://ntfy.example.org/topic?attach=file:///etc/passwd", "option"),
            ("ntfy", "ntfys://ntfy.example.org/topic?optional=yes", "option"),
            ("telegram", f"{ADDRESSES['telegram'][0]}?template=/etc/passwd", "option"),
            ("ntfy", "ntfy://ntfy.example.org/topic", "open_http"),
            ("gotify", "gotify://gotify.example.org/AbCdEfGhIjKlMnO", "open_http"),
            ("ntfy", "ntfys://ntfy.example.org:8080/topic", "port"),
            ("ntfy", "ntfys://127.0.0.1/topic", "inner"),
            ("ntfy", "ntfys://localhost/topic", "inner"),
            ("ntfy", "ntfys://169.254.169.254/topic", "inner"),
            ("ntfy", "ntfys://ntfy.example.org/a b", "not_understood"),
            ("ntfy", "ntfys://ntfy.example.org/a\nb", "not_understood"),
            ("ntfy", "ntfys://ntfy.example.org/" + "x" * 2000, "long"),
        ],
    )
    def test_what_cannot_be_used_is_refused_with_its_reason(self, service, address, code):
        with pytest.raises(BadAddress) as refused:
            chat.look_at(service, address, Outside())
        assert refused.value.code == code

    def test_nothing_is_sent(self, receiver):
        assert chat.look_at("ntfy", f"ntfy://127.0.0.1:{receiver.port}/topic", receiver.allowed) == "127.0.0.1"
        assert receiver.connections == 0


class TestAMessage:
    def test_ntfy_gets_it(self, receiver):
        outcome = send(f"ntfy://127.0.0.1:{receiver.port}/a-long-topic", receiver.allowed)
        assert (outcome.kind, outcome.code) == (mail.ACCEPTED, "200")
        [taken] = receiver.taken
        assert taken.document["topic"] == "a-long-topic"
        assert (taken.document["title"], taken.document["message"]) == (TITLE, TEXT)

    def test_gotify_gets_it(self, receiver):
        target = f"gotify://127.0.0.1:{receiver.port}/AbCdEfGhIjKlMnO"
        assert send(target, receiver.allowed, service="gotify").kind == mail.ACCEPTED
        [taken] = receiver.taken
        assert taken.headers["x-gotify-key"] == "AbCdEfGhIjKlMnO"
        assert taken.document["title"] == TITLE

    def test_with_tls_the_certificate_is_checked_against_an_authority_of_the_operators_own(self, trusted, monkeypatch):
        with running(tls=trusted.server("127.0.0.1")) as receiver:
            target = f"ntfys://127.0.0.1:{receiver.port}/a-long-topic"
            assert send(target, receiver.allowed).kind == mail.ACCEPTED
            monkeypatch.delenv("SSL_CERT_FILE")
            assert send(target, receiver.allowed) == mail.Outcome(mail.UNREACHABLE, "tls")
        with running(tls=trusted.server("other.example.org")) as receiver:
            monkeypatch.setenv("SSL_CERT_FILE", str(trusted.bundle))
            target = f"ntfys://127.0.0.1:{receiver.port}/a-long-topic"
            assert send(target, receiver.allowed) == mail.Outcome(mail.UNREACHABLE, "tls")
        assert receiver.taken == []

    def test_secrets_stand_neither_in_its_arguments_nor_in_its_surroundings(self, receiver, monkeypatch):
        seen = []
        popen = subprocess.Popen

        def watch(arguments, **options):
            seen.append(json.dumps([arguments, options["env"]]))
            return popen(arguments, **options)

        monkeypatch.setattr(subprocess, "Popen", watch)
        monkeypatch.setenv("SECRET_KEY", "of-django-8Kd2")
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
        assert send(f"ntfy://127.0.0.1:{receiver.port}/a-long-topic", receiver.allowed).kind == mail.ACCEPTED
        for secret in ("a-long-topic", "of-django-8Kd2", "PROXY", "DATABASE_URL"):
            assert secret not in seen[0]
        assert "a-long-topic" not in repr(chat.Message("ntfy", "ntfys://x.org/a-long-topic", "t", "b"))


class TestWhatIsAnswered:
    def outcome(self, receiver: Receiver, action, *, patience=QUICK) -> mail.Outcome:
        receiver.script = [action]
        return send(f"ntfy://127.0.0.1:{receiver.port}/a-long-topic", receiver.allowed, patience=patience)

    @pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
    def test_a_refusal_is_certain(self, receiver, status):
        outcome = self.outcome(receiver, status)
        assert (outcome.kind, outcome.code) == (mail.REFUSED_FOR_NOW, str(status))

    def test_410_is_for_good(self, receiver):
        assert self.outcome(receiver, 410).kind == mail.REFUSED

    def test_a_redirect_is_not_followed(self, receiver):
        with running() as other:
            action = (307, {"location": f"http://127.0.0.1:{other.port}/"}, b"")
            assert self.outcome(receiver, action).code == "307"
        assert other.connections == 0

    def test_words_of_the_service_hide_our_secrets(self, receiver):
        action = (403, {"content-type": "application/json"}, b'{"error": "no access to a-long-topic"}')
        assert self.outcome(receiver, action).words == '{"error": "no access to …"}'

    @pytest.mark.parametrize("action", [HANG, DROP])
    def test_without_an_answer_nobody_knows(self, receiver, action):
        assert self.outcome(receiver, action) == mail.Outcome(mail.UNKNOWN, "no_answer")

    def test_an_answer_that_drips_ends_the_messenger(self, receiver):
        begun = time.monotonic()
        patience = chat.Patience(start=20, connect=1, read=1, whole=2)
        assert self.outcome(receiver, DRIP, patience=patience) == mail.Outcome(mail.UNKNOWN, "no_answer")
        assert time.monotonic() - begun < 12

    @pytest.mark.parametrize("action", [HUGE, BOMB])
    def test_an_endless_or_packed_answer_is_neither_read_nor_unpacked(self, receiver, action):
        outcome = self.outcome(receiver, action)
        assert outcome.code == ("200" if action == HUGE else "500")
        assert len(outcome.words) <= 200

    def test_nobody_listens(self, receiver):
        rules = Outside(frozenset({("127.0.0.1", 1)}))
        assert send("ntfy://127.0.0.1:1/a-long-topic", rules) == AWAY


class TestHostileAddresses:
    @pytest.mark.parametrize(
        "host",
        ["127.0.0.1", "localhost", "127.1", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"],
    )
    def test_it_is_not_called_and_looks_as_if_nobody_were_there(self, host):
        outcome = send(f"ntfys://{host}/a-long-topic", Outside())
        assert outcome in (AWAY, mail.Outcome(mail.REFUSED_FOR_NOW, "address"))  # Apprise takes some for no host

    def test_another_port_is_not_called(self, receiver):
        assert send(f"ntfys://127.0.0.1:{receiver.port}/a-long-topic", Outside()) == AWAY
        assert receiver.connections == 0


class TestTheFence:
    def test_it_is_asked_once_when_only_the_sending_is_left(self, receiver):
        seen = []
        send(
            f"ntfy://127.0.0.1:{receiver.port}/topic",
            receiver.allowed,
            fence=lambda: seen.append(receiver.taken[:]) or True,
        )
        assert seen == [[]]

    def test_when_it_says_no_nothing_leaves(self, receiver):
        target = f"ntfy://127.0.0.1:{receiver.port}/topic"
        assert send(target, receiver.allowed, fence=lambda: False).kind == mail.WITHDRAWN
        assert receiver.connections == 0

    def test_an_address_that_is_not_understood_comes_before_it(self):
        asked = []
        outcome = send("slack://too-short", Outside(), service="slack", fence=lambda: asked.append(1) or True)
        assert (outcome.kind, outcome.code, asked) == (mail.REFUSED_FOR_NOW, "address", [])

    def test_a_messenger_that_does_not_start_in_time_sent_nothing(self, receiver):
        asked = []
        patience = chat.Patience(start=0.01)
        target = f"ntfy://127.0.0.1:{receiver.port}/topic"
        outcome = send(target, receiver.allowed, fence=lambda: asked.append(1) or True, patience=patience)
        assert (outcome, asked) == (mail.Outcome(mail.UNREACHABLE, "messenger"), [])

    def test_one_that_is_killed_after_it_may_have(self, receiver, monkeypatch):
        processes = []
        popen = subprocess.Popen
        monkeypatch.setattr(subprocess, "Popen", lambda *a, **o: processes.append(popen(*a, **o)) or processes[-1])

        def fence() -> bool:
            processes[0].kill()
            processes[0].wait()
            return True

        target = f"ntfy://127.0.0.1:{receiver.port}/topic"
        assert send(target, receiver.allowed, fence=fence) == mail.Outcome(mail.UNKNOWN, "no_answer")


BOUND = """
import socket, subprocess, sys, os
from accounts.gateways import messenger
from accounts.gateways.outside import Outside, endpoints
watch = messenger.Watch(Outside(endpoints(["127.0.0.1:{port}"])), False, 2.0, set())
{guard}
try:
    {attempt}
except OSError as error:
    print(type(error).__name__)
else:
    print("done")
"""


class TestWhateverALibraryDoes:
    """The guard stands below every library: here nothing goes through Apprise or requests at all."""

    def tried(self, attempt: str, *, port: int = 1, is_guarded: bool = True) -> str:
        program = BOUND.format(port=port, attempt=attempt, guard="messenger.guard(watch)" if is_guarded else "")
        root = Path(__file__).resolve().parents[2]
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
            env={"PATH": os.environ["PATH"]},
        )
        return done.stdout.strip()

    @pytest.mark.parametrize(
        "attempt",
        [
            "socket.create_connection(('127.0.0.1', {port}))",
            "socket.socket().connect(('127.0.0.1', {port}))",
            "socket.socket().connect_ex(('127.0.0.1', {port}))",
            "socket.socket(socket.AF_INET6).connect(('::ffff:127.0.0.1', {port}, 0, 0))",
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))",
            "socket.socket().connect(('localhost', {port}))",
            "subprocess.run(['true'])",
            "os.system('true')",
            "os.fork() or os._exit(0)",
            "os.execv('/bin/true', ['true'])",
        ],
    )
    def test_it_is_refused(self, receiver, attempt):
        assert self.tried(attempt.format(port=receiver.port)) == "Forbidden"
        assert receiver.connections == 0

    def test_a_socket_of_this_machine_is_refused_too(self, tmp_path):
        assert self.tried(f"socket.socket(socket.AF_UNIX).connect({str(tmp_path / 's')!r})") == "Forbidden"

    def test_control_without_the_guard_they_are_called(self, receiver):
        assert self.tried(f"socket.create_connection(('127.0.0.1', {receiver.port}))", is_guarded=False) == "done"
        assert receiver.connections == 1

    def test_what_the_operator_allows_is_called_after_it_was_resolved_by_that_name(self, receiver):
        attempt = f"socket.create_connection(('127.0.0.1', {receiver.port}))"
        assert self.tried(attempt, port=receiver.port) == "done"
