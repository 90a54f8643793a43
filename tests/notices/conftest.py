"""What tests of the post room share."""

from collections.abc import Callable

import pytest

from accounts.gateways.smtp import Patience


@pytest.fixture(autouse=True)
def _hasty(monkeypatch):
    """No test waits two minutes for an answer of a mail server."""
    monkeypatch.setattr(Patience, "__init__", _impatient(Patience.__init__))


def _impatient(init: Callable[..., None]) -> Callable[..., None]:
    def made(self, step=1, before_data=2, reply=1):
        init(self, step, before_data, reply)

    return made
