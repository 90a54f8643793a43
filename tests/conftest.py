import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.instance import Instance


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a short path that every user may enter: pytest's own are closed to root's database user."""
    folder = Path(tempfile.mkdtemp(prefix="tierdash-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def launch(place: Path) -> Iterator[Callable[..., Instance]]:
    """Start instances in `place`/var, unless told another folder; what still runs at the end is stopped."""
    started = []

    def start(*arguments: str, var_dir: Path = place / "var", **more) -> Instance:
        started.append(Instance(var_dir, place / f"{len(started)}.out", *arguments, **more))
        return started[-1]

    yield start
    for instance in started:
        if instance.process.poll() is None:
            instance.stop()
        assert instance.is_gone(), instance.remains()
