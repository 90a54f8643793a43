"""Webhooks through a real HTTPS server: signed, bounded, and to no address but those that may be called."""

import base64
import hashlib
import hmac
import logging
import socket
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.gateways import answers, outside, webhook
from accounts.gateways import letter as mail
from accounts.gateways.outside import Outside
from accounts.templatetags.channels import VERIFY
from tests.make import NOW
from tests.receiver import BOMB, DRIP, DROP, HANG, HUGE, Receiver, names, running

SECRET = webhook.new_secret()
BODY = '{"kind": "test", "text": "等级 2"}'.encode()
QUICK = webhook.Patience(connect=1.0, whole=1.0)
# One word for all that must not be told apart.
AWAY = mail.Outcome(mail.UNREACHABLE, "unreachable")


def call_of(url: str, *, at=NOW, secrets=(SECRET,)) -> webhook.Call:
    return webhook.Call(url, "0b0c1d2e-1111-4222-8333-444455556666", BODY, at, secrets)


def send(url: str, rules: Outside, *, fence=lambda: True, patience=QUICK, **facts) -> mail.Outcome:
    with webhook.Session(rules, patience) as session:
        return session.send(call_of(url, **facts), fence)


@pytest.fixture
def resolver(monkeypatch):
    """hooks.example.org and other.example.org are this machine."""
    resolve = names(hooks_example_org="127.0.0.1", other_example_org="127.0.0.1")
    monkeypatch.setattr(outside, "resolver", resolve)
    return resolve


@pytest.fixture
def receiver(trusted, resolver):
    with running(tls=trusted.server("hooks.example.org")) as held:
        yield held


@pytest.fixture
def url(receiver) -> str:
    return f"https://hooks.example.org:{receiver.port}/in/tierdash?key=Very-Secret-8"


class TestACall:
    def test_it_is_one_post_of_json(self, receiver, url):
        assert send(url, receiver.allowed) == mail.Outcome(mail.ACCEPTED, "200", "ok")
        [taken] = receiver.taken
        assert taken.path == "/in/tierdash?key=Very-Secret-8"
        assert taken.body == BODY
        assert taken.headers["content-type"] == "application/json"
        assert taken.headers["host"] == f"hooks.example.org:{receiver.port}"
        assert taken.headers["webhook-id"] == "0b0c1d2e-1111-4222-8333-444455556666"
        assert taken.headers["accept-encoding"] == "identity"

    def test_its_signature_is_that_of_the_standard(self, receiver, url):
        """Worked out here once more, from the words of the specification: HMAC-SHA256 of id.timestamp.payload."""
        send(url, receiver.allowed)
        [taken] = receiver.taken
        key = base64.b64decode(SECRET.split("_", 1)[1])
        content = f"{taken.headers['webhook-id']}.{taken.headers['webhook-timestamp']}.".encode() + taken.body
        wanted = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        assert taken.headers["webhook-signature"] == f"v1,{wanted}"
        assert taken.headers["webhook-timestamp"] == str(int(NOW.timestamp()))

    def test_a_signature_that_the_specification_gives(self):
        """The example of the Standard Webhooks specification."""
        secret, stamp = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1614265330
        signed = webhook.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", stamp, b'{"test": 2432232314}')
        assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    def test_the_sample_that_people_copy_takes_it_and_nothing_else(self, receiver, url):
        sample: dict = {}
        exec(VERIFY, sample)
        check = sample["is_from_tierdash"]
        send(url, receiver.allowed, at=timezone.now())
        [taken] = receiver.taken
        assert check(SECRET, taken.headers, taken.body)
        assert not check(SECRET, taken.headers, taken.body + b" ")
        assert not check(webhook.new_secret(), taken.headers, taken.body)
        assert not check(SECRET, taken.headers | {"webhook-id": "another"}, taken.body)
        send(url, receiver.allowed, at=timezone.now() - timedelta(minutes=6))
        assert not check(SECRET, receiver.taken[1].headers, taken.body)

    def test_while_a_secret_is_changed_both_sign(self, receiver, url):
        sample: dict = {}
        exec(VERIFY, sample)
        newer = webhook.new_secret()
        send(url, receiver.allowed, at=timezone.now(), secrets=(newer, SECRET))
        [taken] = receiver.taken
        for secret in (newer, SECRET):
            assert sample["is_from_tierdash"](secret, taken.headers, taken.body)

    def test_nothing_of_it_shows_in_its_name_or_in_the_log(self, receiver, url, caplog):
        caplog.set_level(logging.DEBUG)
        logging.getLogger("httpcore2").setLevel(logging.WARNING)  # as settings.LOGGING says
        send(url, receiver.allowed)
        for text in (repr(call_of(url)), caplog.text):
            assert "Very-Secret-8" not in text
            assert SECRET not in text

    def test_proxies_of_the_surroundings_are_not_asked(self, receiver, url, monkeypatch):
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        assert send(url, receiver.allowed).kind == mail.ACCEPTED


class TestWhatIsAnswered:
    @pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
    def test_every_2xx_is_taken(self, receiver, url, status):
        receiver.script = [status]
        assert send(url, receiver.allowed).kind == mail.ACCEPTED

    @pytest.mark.parametrize("status", [300, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503])
    def test_anything_else_may_be_tried_again(self, receiver, url, status):
        receiver.script = [status]
        outcome = send(url, receiver.allowed)
        assert (outcome.kind, outcome.code) == (mail.REFUSED_FOR_NOW, str(status))

    @pytest.mark.parametrize(
        ("said", "seconds"),
        [
            ("120", 120),
            (" 5 ", 5),
            ("0", 0),
            ("86401", 86_400),
            ("9" * 400, 86_400),
            ("Thu, 08 May 2025 10:02:00 GMT", 120),
            ("Thu, 08 May 2025 09:00:00 GMT", 0),
            ("Thu, 08 May 2035 10:00:00 GMT", 86_400),
            ("-5", 0),
            ("1e9", 0),
            ("\u0665", 0),
            ("soon", 0),
            ("Thu, 08 May 2025 10:02:00 +9999999999999999999", 0),
            ("Thu, 08 May 99999 10:02:00 GMT", 0),
            ("Mon, 01 Jan 0001 00:00:00 +2300", 0),
            ("", 0),
        ],
    )
    def test_how_long_it_wants_to_be_left_alone(self, said, seconds):
        assert answers.wait_of(said, now=datetime(2025, 5, 8, 10, tzinfo=UTC)) == seconds

    @pytest.mark.parametrize(("status", "seconds"), [(429, 300), (503, 300), (200, 0), (410, 0)])
    def test_its_wish_to_be_left_alone_goes_along_with_a_refusal(self, receiver, url, status, seconds):
        receiver.script = [(status, {"retry-after": "300"}, b"")]
        assert send(url, receiver.allowed).wait_seconds == seconds

    def test_410_is_for_good(self, receiver, url):
        receiver.script = [410]
        assert send(url, receiver.allowed).kind == mail.REFUSED

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, receiver, url, trusted, status):
        with running(tls=trusted.server("other.example.org")) as other:
            receiver.script = [(status, {"location": f"https://other.example.org:{other.port}/"}, b"")]
            assert send(url, receiver.allowed).code == str(status)
            assert send(url, receiver.allowed).kind == mail.ACCEPTED
        assert other.connections == 0

    def test_its_own_words_are_kept_without_our_secrets(self, receiver, url):
        words = f"No hook Very-Secret-8 at /in/tierdash, {SECRET}\r\n<b>bold</b>".encode()
        receiver.script = [(404, {"content-type": "text/html; charset=utf-8"}, words)]
        assert send(url, receiver.allowed).words == "No hook … at /…, … bold"

    def test_what_is_no_text_is_left_out(self, receiver, url):
        receiver.script = [(500, {"content-type": "image/png"}, b"\x89PNG\r\n")]
        assert send(url, receiver.allowed).words == ""

    def test_an_endless_answer_is_not_read(self, receiver, url):
        receiver.script = [HUGE]
        begun = time.monotonic()
        outcome = send(url, receiver.allowed)
        assert outcome.kind == mail.ACCEPTED
        assert len(outcome.words) <= 200
        assert time.monotonic() - begun < 3

    def test_a_packed_answer_is_not_unpacked(self, receiver, url):
        import resource

        receiver.script = [BOMB]
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        outcome = send(url, receiver.allowed)
        assert (outcome.code, outcome.words) == ("500", "")
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB; unpacked it is a gigabyte


class TestNoAnswer:
    @pytest.mark.parametrize("action", [HANG, DRIP, DROP])
    def test_after_the_fence_nobody_knows(self, receiver, url, action):
        receiver.script = [action]
        begun = time.monotonic()
        assert send(url, receiver.allowed) == mail.Outcome(mail.UNKNOWN, "no_answer")
        assert time.monotonic() - begun < 3
        assert len(receiver.taken) == 1

    def test_nobody_listens(self, receiver, url):
        rules = receiver.allowed
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
        asked = []
        rules = Outside(frozenset({("hooks.example.org", port)}))
        assert send(f"https://hooks.example.org:{port}/", rules, fence=lambda: asked.append(1) or True) == AWAY
        assert asked == []

    def test_one_that_takes_the_connection_and_says_nothing(self, resolver):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            rules = Outside(frozenset({("hooks.example.org", port)}))
            begun = time.monotonic()
            assert send(f"https://hooks.example.org:{port}/", rules).kind == mail.UNREACHABLE
            assert time.monotonic() - begun < 3


class TestTrust:
    def test_a_certificate_of_another_name_is_refused_before_anything_is_said(self, receiver):
        outcome = send(f"https://other.example.org:{receiver.port}/", receiver.allowed)
        assert outcome == mail.Outcome(mail.UNREACHABLE, "tls")
        assert receiver.taken == []

    def test_names_that_share_an_address_do_not_share_a_connection(self, receiver, url):
        with webhook.Session(receiver.allowed, QUICK) as session:
            assert session.send(call_of(url), lambda: True).kind == mail.ACCEPTED
            other = call_of(url.replace("hooks", "other"))
            assert session.send(other, lambda: True) == mail.Outcome(mail.UNREACHABLE, "tls")
        assert len(receiver.taken) == 1

    def test_a_certificate_of_nobody_we_trust_is_refused(self, receiver, url, monkeypatch):
        monkeypatch.delenv("SSL_CERT_FILE")
        assert send(url, receiver.allowed) == mail.Outcome(mail.UNREACHABLE, "tls")
        assert receiver.taken == []

    def test_without_tls_only_where_the_operator_allows_it(self, resolver):
        with running() as plain:
            address = f"http://hooks.example.org:{plain.port}/"
            assert send(address, Outside(ports=frozenset({plain.port}))) == AWAY
            assert plain.connections == 0
            assert send(address, plain.allowed).kind == mail.ACCEPTED


class TestTheFence:
    def test_it_is_asked_when_nothing_can_fail_harmlessly_any_more(self, receiver, url):
        seen = []

        def fence() -> bool:
            seen.append((receiver.connections, len(receiver.taken)))
            return True

        send(url, receiver.allowed, fence=fence)
        assert seen == [(1, 0)]

    def test_when_it_says_no_nothing_leaves(self, receiver, url):
        assert send(url, receiver.allowed, fence=lambda: False).kind == mail.WITHDRAWN
        time.sleep(0.1)
        assert receiver.taken == []

    def test_what_it_raises_passes_through(self, receiver, url):
        def fence() -> bool:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            send(url, receiver.allowed, fence=fence)
        assert receiver.taken == []


HOSTILE = [
    *("127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "0", "0.0.0.0", "[::]", "[::1]", "127.0.0.1."),
    *("[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "100.64.0.1", "[fec0::1]"),
    *("169.254.169.254", "224.0.0.1", "localhost", "localhost.localdomain", "LOCALHOST.", "mixed.com", "inner.com"),
    *("mapped.com",),
]  # fmt: skip


class TestHostileAddresses:
    """reliability 4, "Base URL": blocked at the connection, with the words of an address where nobody answers."""

    @pytest.fixture(autouse=True)
    def _names(self, monkeypatch):
        known = {
            "mixed_com": "93.184.216.34 127.0.0.1",
            "inner_com": "127.0.0.1",
            "mapped_com": "::ffff:127.0.0.1",
            "localhost_localdomain": "127.0.0.1",
        }
        resolve = names(**known)

        def resolve_loosely(host, port, **options):
            """As the system does: also what is no address in our spelling."""
            if host.replace(".", "_") in known:
                return resolve(host, port, **options)
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)

        monkeypatch.setattr(outside, "resolver", resolve_loosely)

    @pytest.mark.parametrize("host", HOSTILE)
    def test_it_is_not_called(self, trusted, host, monkeypatch):
        connected = []
        connect = socket.create_connection
        monkeypatch.setattr(socket, "create_connection", lambda *a, **o: connected.append(a) or connect(*a, **o))
        with running(tls=trusted.server("127.0.0.1", "localhost", "inner.com")) as receiver:
            rules = Outside(ports=frozenset({443, receiver.port}))
            asked = []
            outcome = send(f"https://{host}:{receiver.port}/", rules, fence=lambda: asked.append(1) or True)
        assert outcome == AWAY
        assert (asked, connected, receiver.connections) == ([], [], 0)

    def test_control_the_same_server_answers_where_the_operator_allows_it(self, trusted):
        with running(tls=trusted.server("127.0.0.1", "inner.com")) as receiver:
            for host in ("127.0.0.1", "inner.com"):
                rules = Outside(frozenset({(host, receiver.port)}))
                assert send(f"https://{host}:{receiver.port}/", rules).kind == mail.ACCEPTED

    @pytest.mark.parametrize("port", [22, 80, 6379, 8443])
    def test_another_port_is_not_called(self, port):
        assert send(f"https://1.1.1.1:{port}/", Outside()) == AWAY

    def test_a_name_that_changes_its_address_is_resolved_once(self, trusted, monkeypatch):
        """Rebinding: the first answer is global, the next one is not. There is no next one."""
        answers = [["127.0.0.1"], ["93.184.216.34"]]
        asked = []

        def resolve(host, port, **_options):
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in answers.pop()]

        monkeypatch.setattr(outside, "resolver", resolve)
        connected = []

        def connect(address, *_arguments, **_options):
            connected.append(address[0])
            raise ConnectionRefusedError

        monkeypatch.setattr(socket, "create_connection", connect)
        with running(tls=trusted.server("rebinds.com")) as receiver:
            rules = Outside(ports=frozenset({receiver.port}))
            assert send(f"https://rebinds.com:{receiver.port}/", rules) == AWAY
        assert asked == ["rebinds.com"]
        assert connected == ["93.184.216.34"]
        assert receiver.connections == 0

    def test_blocked_refused_and_unknown_look_the_same(self, monkeypatch):
        def refuse(*_arguments, **_options):
            raise ConnectionRefusedError("refused")

        monkeypatch.setattr(socket, "create_connection", refuse)
        outcomes = [send(f"https://{host}/", Outside()) for host in ("inner.com", "1.1.1.1", "no-such-name.invalid")]
        assert outcomes == [AWAY, AWAY, AWAY]


def test_a_second_address_is_tried_when_the_first_does_not_answer(trusted, monkeypatch):
    with running(tls=trusted.server("two.com")) as receiver:
        monkeypatch.setattr(outside, "resolver", names(two_com="127.0.0.9 127.0.0.1"))
        rules = Outside(frozenset({("two.com", receiver.port)}))
        assert send(f"https://two.com:{receiver.port}/", rules).kind == mail.ACCEPTED


def test_receiver_is_a_real_one():
    """What the tests above stand on: the script is obeyed in its order."""
    receiver = Receiver(script=[503])
    with running(receiver):
        address = f"http://127.0.0.1:{receiver.port}/"
        assert [send(address, receiver.allowed).code for _ in range(2)] == ["503", "200"]
