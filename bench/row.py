"""One line of the table."""

from typing import NamedTuple


class Row(NamedTuple):
    """benchmark: what was done; result: how fast; against: the baseline of the same run and the ratio to it."""

    benchmark: str
    result: str
    against: str
