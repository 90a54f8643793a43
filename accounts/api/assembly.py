"""The API as a whole: its parts, its addresses, and its description as OpenAPI."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, cast

from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from accounts import actions
from accounts.api import (
    accounts,
    circumstances,
    description,
    notices,
    payments,
    plans,
    problems,
    repeating,
    rulebooks,
    sightings,
    standings,
)
from accounts.api.bearer import Bearer
from accounts.api.door import Parser
from accounts.api.reference import Reference

PARTS = (accounts, circumstances, payments, sightings, standings, plans, rulebooks, notices)


class Api(NinjaAPI):
    """What the framework gives, described exactly: every problem with its own media type, headers and schema."""

    @cached_property
    def _described(self) -> dict[str, OpenAPISchema]:
        return {}

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        prefix = self.get_root_path(path_params or {}) if path_prefix is None else path_prefix
        if prefix not in self._described:
            document = super().get_openapi_schema(path_prefix=prefix)
            self._described[prefix] = description.complete(document, dict(self._scopes()))
        return self._described[prefix]

    def _scopes(self) -> Iterator[tuple[str, str]]:
        """The scope that each operation asks of a token, by the operation's id."""
        for router in self._get_bound_routers():
            for view in router.path_operations.values():
                for operation in view.operations:
                    [bearer] = operation.auth_callbacks
                    yield self.get_openapi_operation_id(operation), cast(Bearer, bearer).scope

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        """Every address but the page opens without a session: a token is asked for instead, or nothing is secret."""
        patterns = super()._get_urls()
        for pattern in patterns:
            if isinstance(pattern, URLPattern) and pattern.name != "openapi-view":
                login_not_required(pattern.callback)
        return patterns


api = Api(
    title="tierdash",
    version="1",
    description=description.ABOUT,
    urls_namespace="api",
    docs=Reference(),
    parser=Parser(),
)
api.add_decorator(repeating.knows_its_parameters)
for part in PARTS:
    api.add_router("", part.router)
api.add_exception_handler(problems.Problem, problems.answer_problem)
api.add_exception_handler(Http404, problems.answer_not_found)
api.add_exception_handler(HttpError, problems.answer_refusal)
api.add_exception_handler(ValidationError, problems.answer_invalid)
# What the workshop refuses is a problem of the request, wherever it is asked.
api.add_exception_handler(actions.AccountRefused, accounts.answer_refused)
api.add_exception_handler(actions.PaymentRefused, payments.answer_refused)
api.add_exception_handler(actions.PlanRefused, plans.answer_refused)
api.add_exception_handler(actions.FormUsedBefore, repeating.answer_used_before)
