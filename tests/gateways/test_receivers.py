"""Addresses of webhooks as people type them, and what may be shown of an address and of an answer."""

import pytest

from accounts.gateways import answers
from accounts.gateways.outside import Outside, endpoints
from accounts.gateways.receivers import BadAddress, webhook_address

LAN = Outside(endpoints(["ntfy.lan:8080", "10.0.0.5:443", "[fd00::1]:80"]))


class TestAnAddress:
    @pytest.mark.parametrize(
        ("typed", "url", "host"),
        [
            ("https://example.org/in", "https://example.org/in", "example.org"),
            (" HTTPS://Example.ORG./In?a=b ", "https://example.org/In?a=b", "example.org"),
            ("https://example.org:443", "https://example.org/", "example.org"),
            (
                "https://bücher.example.org/等级",
                "https://xn--bcher-kva.example.org/%E7%AD%89%E7%BA%A7",
                "xn--bcher-kva.example.org",
            ),
            ("https://1.1.1.1/x", "https://1.1.1.1/x", "1.1.1.1"),
            ("https://[2606:4700::1111]/x", "https://[2606:4700::1111]/x", "2606:4700::1111"),
            ("https://a.example.org/%41?x=%2F&y=a+b", "https://a.example.org/%41?x=%2F&y=a+b", "a.example.org"),
        ],
    )
    def test_it_is_kept_in_one_spelling(self, typed, url, host):
        read = webhook_address(typed, Outside())
        assert (read.url, read.host) == (url, host)

    @pytest.mark.parametrize(
        ("typed", "code"),
        [
            ("", "not_understood"),
            ("example.org", "not_understood"),
            ("ftp://example.org/", "not_understood"),
            ("javascript:alert(1)", "not_understood"),
            ("https://", "not_understood"),
            ("https://exa mple.org/", "not_understood"),
            ("https://example.org\\@127.0.0.1/", "not_understood"),
            ("https://example.org/a\tb", "not_understood"),
            ("https://example.org/\u202eb", "not_understood"),
            ("https://exa_mple!.org/", "not_understood"),
            ("https://-.org/", "not_understood"),
            ("https://127.1/", "not_understood"),
            ("https://0x7f.1/", "not_understood"),
            ("https://2130706433/", "not_understood"),
            ("https://0177.0.0.1/", "not_understood"),
            ("https://[::1%25eth0]/", "inner"),
            ("https://example.org:99999/", "not_understood"),
            ("https://" + "x" * 64 + ".org/", "not_understood"),
            ("https://example.org/" + "x" * 1000, "long"),
            ("https://me:secret@example.org/", "credentials"),
            ("https://me@example.org/", "credentials"),
            ("https://example.org/#x", "fragment"),
            ("http://example.org/", "open_http"),
            ("https://example.org:8443/", "port"),
            ("https://127.0.0.1/", "inner"),
            ("https://127。0。0。1/", "inner"),
            ("https://[::1]/", "inner"),
            ("https://[::ffff:127.0.0.1]/", "inner"),
            ("https://localhost/", "inner"),
            ("https://hooks.example/", "inner"),
            ("https://10.0.0.5:8443/", "port"),
        ],
    )
    def test_what_cannot_be_called_is_refused_with_its_reason(self, typed, code):
        with pytest.raises(BadAddress) as refused:
            webhook_address(typed, LAN)
        assert refused.value.code == code

    @pytest.mark.parametrize(
        "typed", ["http://ntfy.lan:8080/x", "https://ntfy.lan:8080/x", "https://10.0.0.5/x", "http://[fd00::1]/x"]
    )
    def test_what_the_operator_allows_is_taken_also_without_tls(self, typed):
        assert webhook_address(typed, LAN).url == typed

    def test_it_does_not_show(self):
        assert "s3cret" not in repr(webhook_address("https://example.org/s3cret", Outside()))


class TestWhatMayBeShown:
    @pytest.mark.parametrize(
        ("target", "tail"),
        [
            ("https://example.org/hooks/Very-Secret-8Kd2", "8Kd2"),
            ("https://example.org/in?key=Very-Secret-8Kd2", "8Kd2"),
            ("https://example.org/short", ""),
            ("https://example.org/", ""),
            ("schan://SCT0000token", ""),
        ],
    )
    def test_the_last_four_signs_unless_they_tell_much(self, target, tail):
        assert answers.tail_of(target) == tail

    @pytest.mark.parametrize(
        ("target", "secrets"),
        [
            (
                "https://example.org/hooks/Very%20Secret-8?key=Another-9",
                {"Very%20Secret-8", "Very Secret-8", "Another-9"},
            ),
            ("tgram://123456789:AAbot-token/-1001234", {"123456789", "AAbot-token", "-1001234"}),
            ("schan://SCT0000token", {"SCT0000token"}),
            ("rockets://token-aaa/token-bbb@chat.example.org/x", {"token-aaa", "token-bbb"}),
        ],
    )
    def test_every_part_of_an_address_is_hidden_in_an_answer(self, target, secrets):
        held = answers.secrets_of(target)
        assert secrets <= held
        said = answers.without("; ".join(secrets), held)
        assert not any(secret in said for secret in secrets)

    def test_an_answer_is_one_short_printable_line(self):
        said = answers.told(b"a\r\n\x1b[31mb\x00c  " + b"d" * 5000, "text/plain; charset=utf-8", ())
        assert said.startswith("a [31mb c d")
        assert len(said) == 200

    @pytest.mark.parametrize(
        ("content_type", "shown"),
        [
            ("application/json", True),
            ("application/problem+json", True),
            ("", True),
            ("image/png", False),
            ("x/y", False),
        ],
    )
    def test_only_text_is_shown(self, content_type, shown):
        assert bool(answers.told(b"hello", content_type, ())) is shown
