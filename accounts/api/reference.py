"""The page about the API: every address with its parameters and answers, made from the description itself."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase


class Reference(DocsBase):
    def render_page(self, request: HttpRequest, api: NinjaAPI, **facts: Any) -> HttpResponse:
        return render(request, "accounts/api.html", {"document": api.get_openapi_schema(path_params=facts)})
