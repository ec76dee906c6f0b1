"""The admin shows the document's tables for looking things up; every change goes through the product's own pages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from targets import models


class LookOnly(admin.ModelAdmin):
    """Nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(models.Project)
class ProjectAdmin(LookOnly):
    list_display = ("code", "name", "unit", "category", "is_key", "origin")
    list_filter = ("category", "is_key", "origin")
    list_select_related = ("unit",)
    search_fields = ("code", "name", "unit__name")


@admin.register(models.ProjectListing)
class ProjectListingAdmin(LookOnly):
    list_display = ("project", "round", "amount", "is_continuing", "case", "changed_at")
    list_filter = ("round",)
    list_select_related = ("project", "round", "case")
    search_fields = ("name", "project__code")


@admin.register(models.ProjectListImport)
class ProjectListImportAdmin(LookOnly):
    list_display = ("name", "round", "created", "updated", "unchanged", "imported_by", "imported_at")
    list_select_related = ("round", "imported_by")


@admin.register(models.SourceDocument)
class SourceDocumentAdmin(LookOnly):
    list_display = ("name", "unit", "size", "uploaded_by", "uploaded_at")
    list_select_related = ("unit", "uploaded_by")


@admin.register(models.MonitoringPeriod)
class MonitoringPeriodAdmin(LookOnly):
    list_display = ("label", "fiscal_year", "opens_at", "unit_due", "department_due", "finance_due", "opened_at")
