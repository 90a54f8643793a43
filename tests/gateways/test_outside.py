"""Where this instance may call: global addresses, port 443, and what the operator allows by name."""

import socket
import time

import pytest

from accounts.gateways import outside
from accounts.gateways.outside import Forbidden, Outside, endpoints, is_global, is_reserved
from tests.receiver import names

INNER = [
    *("127.0.0.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8"),
    *("192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("192.88.99.1", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
    *("64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "fe80::1", "fe80::1%eth0", "fc00::1"),
    *("fec0::1", "ff02::1", "2001:db8::1", "not-an-address", "", "127.1", "0x7f.1", "2130706433"),
]  # fmt: skip


@pytest.mark.parametrize("address", INNER)
def test_what_is_not_the_open_internet(address):
    assert not is_global(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "93.184.216.34", "::ffff:8.8.8.8", "2606:4700:4700::1111"])
def test_what_is(address):
    assert is_global(address)


@pytest.mark.parametrize(
    ("host", "reserved"),
    [
        ("localhost", True),
        ("localhost.", True),
        ("a.b.LOCALHOST", True),
        ("hooks.example", True),
        ("printer.local", True),
        ("box.home.arpa", True),
        ("db.internal", True),
        ("hooks.example.org", False),
        ("localhost.localdomain.example.com", False),
        ("arpa", False),
    ],
)
def test_names_that_the_internet_does_not_have(host, reserved):
    assert is_reserved(host) is reserved


class TestWhatTheOperatorAllows:
    def test_it_is_read(self):
        said = endpoints(["ntfy.lan:8080", " 10.0.0.5:443 ", "[fd00::1]:8443", "Box.:80", ""])
        assert said == {("ntfy.lan", 8080), ("10.0.0.5", 443), ("fd00::1", 8443), ("box", 80)}

    @pytest.mark.parametrize(
        "text",
        ["ntfy.lan", "ntfy.lan:", "ntfy.lan:0", "x:99999", ":80", "http://x:80", "x:80/y", "*:80", "a@b:80", "::1"],
    )
    def test_what_is_none_is_named(self, text):
        with pytest.raises(ValueError, match="no host:port"):
            endpoints([text])

    def test_it_holds_for_that_name_and_port_alone(self, monkeypatch):
        monkeypatch.setattr(outside, "resolver", names(ntfy_lan="10.0.0.5", evil_com="10.0.0.5"))
        rules = Outside(endpoints(["ntfy.lan:8080"]))
        assert rules.addresses("ntfy.lan", 8080, seconds=1) == [(socket.AF_INET, "10.0.0.5")]
        for host, port in (("ntfy.lan", 443), ("evil.com", 8080), ("evil.com", 443), ("10.0.0.5", 8080)):
            with pytest.raises(Forbidden):
                rules.addresses(host, port, seconds=1)


class TestNames:
    def test_every_address_must_be_global(self, monkeypatch):
        monkeypatch.setattr(outside, "resolver", names(a_com="8.8.8.8 2606:4700::1", b_com="8.8.8.8 127.0.0.1"))
        assert [address for _family, address in Outside().addresses("a.com", 443, seconds=1)] == [
            "8.8.8.8", "2606:4700::1"
        ]  # fmt: skip
        with pytest.raises(Forbidden):
            Outside().addresses("b.com", 443, seconds=1)

    @pytest.mark.parametrize("port", [22, 80, 6379, 8443])
    def test_another_port_is_not_even_asked_for(self, monkeypatch, port):
        resolver = names(a_com="8.8.8.8")
        monkeypatch.setattr(outside, "resolver", resolver)
        with pytest.raises(Forbidden):
            Outside().addresses("a.com", port, seconds=1)
        assert resolver.asked == []

    def test_nor_is_a_name_that_there_cannot_be(self, monkeypatch):
        resolver = names(hooks_example="8.8.8.8")
        monkeypatch.setattr(outside, "resolver", resolver)
        with pytest.raises(Forbidden):
            Outside().addresses("hooks.example", 443, seconds=1)
        assert resolver.asked == []

    def test_a_resolver_that_hangs_is_not_waited_for(self, monkeypatch):
        monkeypatch.setattr(outside, "resolver", lambda *_a, **_o: time.sleep(3))
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            Outside().addresses("a.com", 443, seconds=0.2)
        assert time.monotonic() - begun < 1

    @pytest.mark.parametrize("error", [socket.gaierror(-2, "no"), UnicodeError("idna")])
    def test_a_name_that_nobody_has_is_an_error_of_the_network(self, monkeypatch, error):
        def resolve(*_arguments, **_options):
            raise error

        monkeypatch.setattr(outside, "resolver", resolve)
        with pytest.raises(OSError, match="no"):
            Outside().addresses("a.com", 443, seconds=1)
