"""A ZIP whose pieces are taken away while it is written."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from accounts.exports.packing import Tell

# How many rows are written before what they became is taken away.
ROWS = 500


class Pipe(io.RawIOBase):
    """A file that can be written on and not wound back; `take` hands over what was written since."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._held.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self._held = b"".join(self._held), []
        return taken


class Archive:
    """A ZIP of texts. Its pieces are in `pipe`."""

    def __init__(self, now: datetime, tell: Tell) -> None:
        self.pipe, self._tell = Pipe(), tell
        self._date = now.astimezone(UTC).timetuple()[:6]
        self._zip = zipfile.ZipFile(self.pipe, "w", zipfile.ZIP_DEFLATED)

    @contextmanager
    def entry(self, name: str, encoding: str = "utf-8") -> Iterator[io.TextIOWrapper]:
        """Write the entry of this name as text, with the line ends that are written."""
        entry = zipfile.ZipInfo(name, self._date)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with self._zip.open(entry, "w") as raw, io.TextIOWrapper(raw, encoding, newline="") as text:
            yield text

    def write(self, name: str, text: str) -> None:
        with self.entry(name) as entry:
            entry.write(text)

    def rows(self, text: io.TextIOWrapper, rows: Iterable[None]) -> Iterator[bytes]:
        """Go through rows, each of which writes itself into an entry; yield what has become of them now and then."""
        for number, _ in enumerate(rows):
            if number % ROWS == 0:
                text.flush()
                self._tell(ROWS)
                yield self.pipe.take()

    def end(self) -> bytes:
        """Close the ZIP; return the rest of it. Without this it is no ZIP, and every reader says so."""
        self._zip.close()
        return self.pipe.take()
