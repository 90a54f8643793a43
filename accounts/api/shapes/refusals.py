"""How a problem looks."""

from django.utils.translation import gettext_noop
from pydantic import Field

from accounts.api.shapes.parts import Shape


class FieldProblem(Shape):
    field: str
    code: str
    message: str


class Problem(Shape):
    """RFC 9457. `type` never changes; `title`, `detail` and messages are in the language of Accept-Language."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = Field(
        default_factory=list, description=gettext_noop("The fields that cannot stand, when it is about them.")
    )
