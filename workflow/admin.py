"""The technical view of the procedure's tables, for administrators. Nothing is changed here but the rounds.

People, organisations and posts have their own pages, which know whose duty it is and keep the record.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from workflow import administering, timetable
from workflow.administering import Duty
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
        return isinstance(request.user, User) and administering.is_administrator(request.user)


class SetsRules(ReadOnly):
    """Rows are added and changed by who administers rules, never deleted: events name them."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return isinstance(request.user, User) and administering.has(request.user, Duty.RULES)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return isinstance(request.user, User) and administering.has(request.user, Duty.RULES)


admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(ReadOnly, UserAdmin):
    """People. Accounts are opened, changed and closed on their own pages; passwords and Django's rights stay hidden."""

    list_display = ("username", "full_name", "phone", "administers", "is_active", "is_demo", "last_login")
    list_filter = ("is_active", "administers", "is_demo")
    search_fields = ("username", "full_name", "phone")
    fieldsets = (
        (None, {"fields": ("username", "full_name", "phone", "email")}),
        (_("In this product"), {"fields": ("administers", "groups", "is_active", "is_demo", "one_time_until")}),
        (None, {"fields": ("last_login", "date_joined")}),
    )


class AliasInline(ReadOnly, admin.TabularInline):
    model = OrganisationAlias
    extra = 0


@admin.register(Organisation)
class OrganisationAdmin(ReadOnly, admin.ModelAdmin):
    """Entered, changed and ended on their own pages, which keep the record."""

    list_display = ("code", "name", "kind", "parent", "division_in_charge", "phone", "valid_to")
    list_filter = ("kind",)
    list_select_related = ("parent", "division_in_charge")
    search_fields = ("code", "name")
    inlines = (AliasInline,)


@admin.register(RoleGroup)
class RoleGroupAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("name", "organisation", "role")
    list_filter = ("role",)
    list_select_related = ("organisation",)
    search_fields = ("name", "organisation__name")
    fields = ("name", "organisation", "role")


@admin.register(Delegation)
class DelegationAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("principal", "deputy", "starts_at", "ends_at", "revoked_at")
    list_select_related = ("principal", "deputy")


class DateInline(SetsRules, admin.TabularInline):
    """The dates that a round begins with. Later they are set on the round's own page, which moves the deadlines."""

    model = RoundDate
    extra = 0

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return args[0] is None and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)


@admin.register(Round)
class RoundAdmin(SetsRules, admin.ModelAdmin):
    """Entered and changed here, each with a ruling."""

    list_display = ("title", "fiscal_year", "phase", "profile", "opened_at", "closed_at")
    inlines = (DateInline,)

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        assert isinstance(request.user, User)
        timetable.note_round(
            round=form.instance, was=form.initial if change else {}, by=request.user, now=timezone.now()
        )


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
