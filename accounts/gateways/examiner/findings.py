"""What the examiner finds of a file, or why it refuses it."""

from dataclasses import dataclass, field

MOST_PAGES = 200
# A page scanned at 600 dpi is 35 million; at 400 dpi, or from most telephones, it is less than this.
MOST_PIXELS = 25_000_000


class Refused(Exception):
    """A file that is not taken; `code` is one of examining.REFUSALS."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Found:
    """`content` is what to keep (None: the file as it came), `thumbnail` a small PNG (empty: none)."""

    kind: str
    facts: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None
    thumbnail: bytes = b""
