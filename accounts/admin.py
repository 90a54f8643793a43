"""A back door for the instance's administrators, to look rather than to change: facts are written by actions only."""

from typing import TYPE_CHECKING, Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from accounts.models import JobRun, Membership, Rulebook, User, Workspace

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    from django.contrib.admin import ModelAdmin, TabularInline

# Administrators sign in like everybody else, so that the same limits and second factors hold.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "tierdash"


class ToLookAt:
    """Nothing can be added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(ModelAdmin):
    """People sign up themselves; an administrator can lock them out or make them administrators."""

    list_display = ("email", "name", "language", "time_zone", "is_active", "is_staff", "joined_at")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    ordering = ("email",)
    fields = ("email", "name", "language", "time_zone", "is_active", "is_staff", "is_superuser", "joined_at")
    readonly_fields = ("email", "name", "language", "time_zone", "joined_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class MembershipInline(ToLookAt, TabularInline):
    model = Membership
    fields = ("user", "role")


@admin.register(Workspace)
class WorkspaceAdmin(ToLookAt, ModelAdmin):
    list_display = ("name", "created_at")
    search_fields = ("name",)
    ordering = ("name", "id")
    fields = ("name", "created_at")
    inlines = (MembershipInline,)


@admin.register(Rulebook)
class RulebookAdmin(ToLookAt, ModelAdmin):
    list_display = ("id", "kind", "started_by", "adopted_at", "digest")
    list_filter = ("provider", "kind")
    search_fields = ("id",)
    ordering = ("provider", "started_by", "id")


@admin.register(JobRun)
class JobRunAdmin(ToLookAt, ModelAdmin):
    list_display = ("job", "slot", "started_at", "finished_at", "rows")
    list_filter = ("job",)
    ordering = ("-started_at", "-id")
