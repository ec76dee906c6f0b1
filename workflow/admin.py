"""The technical view of the procedure's tables. Business work never requires it.

People, organisations and delegations may be edited; what the engine writes is shown and never changed.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from workflow.models import (
    CalendarYear,
    Case,
    Decision,
    Delegation,
    Event,
    Ladder,
    Organisation,
    OrganisationAlias,
    Purge,
    RoleGroup,
    Round,
    RoundDate,
    Route,
    Ruling,
    Rung,
    RungFired,
    Seal,
    Step,
    Task,
    User,
    WorkDay,
)


class ReadOnly:
    """Rows are shown, never added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_active and request.user.is_staff


class NeverDeleted:
    """Rows are ended or deactivated, never deleted: events name them."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class PersonAdmin(NeverDeleted, UserAdmin):
    """People. Roles are role groups under "groups"."""

    list_display = ("username", "full_name", "phone", "administers", "is_active", "is_demo", "last_login")
    list_filter = ("is_active", "administers", "is_demo")
    search_fields = ("username", "full_name", "phone")
    readonly_fields = ("is_active", "groups")
    """Posts are given and accounts closed on the people's page, where what they hold is handed over."""
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        (_("In this product"), {"fields": ("full_name", "phone", "administers", "is_demo")}),
    )


class AliasInline(admin.TabularInline):
    model = OrganisationAlias
    extra = 0


@admin.register(Organisation)
class OrganisationAdmin(NeverDeleted, admin.ModelAdmin):
    """Renaming and going over into another are done on the organisation's page, which keeps the record."""

    list_display = ("code", "name", "kind", "parent", "division_in_charge", "phone", "valid_to")
    list_filter = ("kind",)
    list_select_related = ("parent", "division_in_charge")
    search_fields = ("code", "name")
    autocomplete_fields = ("parent", "division_in_charge")
    readonly_fields = ("valid_to", "successor")
    inlines = (AliasInline,)


@admin.register(RoleGroup)
class RoleGroupAdmin(NeverDeleted, admin.ModelAdmin):
    list_display = ("name", "organisation", "role")
    list_filter = ("role",)
    list_select_related = ("organisation",)
    search_fields = ("name", "organisation__name")
    autocomplete_fields = ("organisation",)
    fields = ("name", "organisation", "role")


@admin.register(Delegation)
class DelegationAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("principal", "deputy", "starts_at", "ends_at", "revoked_at")
    list_select_related = ("principal", "deputy")


class DateInline(admin.TabularInline):
    model = RoundDate
    extra = 0


@admin.register(Round)
class RoundAdmin(NeverDeleted, admin.ModelAdmin):
    list_display = ("title", "fiscal_year", "phase", "profile", "opened_at", "closed_at")
    inlines = (DateInline,)


class RungInline(ReadOnly, admin.TabularInline):
    model = Rung
    extra = 0


@admin.register(Ladder)
class LadderAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("title", "task_kind", "version", "is_active")
    inlines = (RungInline,)


class StepInline(ReadOnly, admin.StackedInline):
    model = Step
    extra = 0


@admin.register(Route)
class RouteAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("title", "case_kind", "profile", "version", "published_at", "retired_at")
    inlines = (StepInline,)


class WorkDayInline(ReadOnly, admin.TabularInline):
    model = WorkDay
    extra = 0


@admin.register(CalendarYear)
class CalendarYearAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("year", "source", "published_on", "imported_at")
    inlines = (WorkDayInline,)


@admin.register(Case)
class CaseAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("number", "title", "kind", "unit", "state", "version", "moved_at")
    list_filter = ("kind", "state", "fiscal_year")
    list_select_related = ("unit",)
    search_fields = ("number", "title")
    show_full_result_count = False


@admin.register(Task)
class TaskAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("id", "case", "kind", "role_group", "person", "status", "due_at", "next_rung_at")
    list_filter = ("status", "kind")
    list_select_related = ("case", "role_group", "person")
    search_fields = ("case__number",)
    show_full_result_count = False


@admin.register(Event)
class EventAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("case", "seq", "at", "actor_name", "action", "refused", "from_state", "to_state")
    list_filter = ("action", "refused")
    list_select_related = ("case",)
    search_fields = ("case__number", "actor_name")
    show_full_result_count = False


@admin.register(Decision)
class DecisionAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("case", "step", "verdict", "actor", "made_at")
    list_filter = ("verdict",)
    list_select_related = ("case", "step", "actor")
    search_fields = ("case__number",)
    show_full_result_count = False


@admin.register(RungFired)
class RungFiredAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("task", "code", "term", "audience", "is_escalation", "is_silent", "due_at", "fired_at")
    list_select_related = ("task",)
    show_full_result_count = False


@admin.register(Seal)
class SealAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("id", "at", "mac")


@admin.register(Ruling)
class RulingAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("seq", "at", "actor_name", "action", "subject")
    list_filter = ("action",)


@admin.register(Purge)
class PurgeAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("case", "what", "sha256", "asked_by", "asked_at", "decided_by", "decided_at", "is_carried_out")
    list_select_related = ("case", "asked_by", "decided_by")
