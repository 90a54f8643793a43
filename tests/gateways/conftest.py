"""What tests of outgoing calls share: an authority of their own, which this process trusts while they run."""

import pytest

from tests.receiver import Authority, authority


@pytest.fixture(scope="session")
def own_authority(tmp_path_factory) -> Authority:
    return authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(own_authority, monkeypatch) -> Authority:
    """The authority, named as an operator names one of their own."""
    monkeypatch.setenv("SSL_CERT_FILE", str(own_authority.bundle))
    return own_authority
