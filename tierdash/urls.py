from django.contrib import admin
from django.urls import include, path

from accounts.api import api

urlpatterns = [
    path("", include("accounts.urls")),
    path("api/v1/", api.urls),
    path("account/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
handler400 = "accounts.views.errors.bad_request"
handler403 = "accounts.views.errors.forbidden"
handler404 = "accounts.views.errors.not_found"
handler500 = "accounts.views.errors.server_error"
handler429 = "accounts.views.errors.too_many"
