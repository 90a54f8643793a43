"""What every shape is made of: what goes out, what comes in, which part of a list."""

from typing import Annotated

from django.utils.translation import gettext_noop
from pydantic import BaseModel, ConfigDict, Field

MOST_ROWS = 200
MOST_LINES = 100
Slug = Annotated[str, Field(max_length=80)]


class Shape(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Said(BaseModel):
    """What comes in: exactly these fields, each of its own type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Asked(BaseModel):
    """Which part of a list: `next` of the part before, and how many at most."""

    cursor: str = Field("", max_length=500, description=gettext_noop("What the list before said in `next`."))
    limit: int = Field(50, ge=1, le=MOST_ROWS, description=gettext_noop("How many at most."))
