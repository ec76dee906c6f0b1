"""The addresses of the room "targets". Case pages are known by number, with /tables/ or /reports/ before it."""

from django.urls import URLPattern, path, register_converter

from targets import urls_exports
from targets.views import (
    acting,
    attachments,
    editing,
    exchange,
    exports,
    figures,
    filling,
    import_files,
    import_sheet,
    import_taking,
    imports,
    monitoring,
    projects,
    reviewing,
    secrecy,
    standing_in,
    tables,
)
from workflow.machine import Kind


class CaseNumber:
    """A case's number in an address: 2027-0001. Anything else is no page."""

    regex = "[0-9]{4}-[0-9]{4,7}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(CaseNumber, "case_number")

urlpatterns: list[URLPattern] = [
    *urls_exports.urlpatterns,
    path("tables", tables.table_list, name="table_list"),
    path("tables/export", exports.many, name="table_export_many"),
    path("tables/template.xlsx", exports.template, name="table_template"),
    path("tables/exports/<uuid:pk>", exports.job, name="table_export_job"),
    path("tables/exports/<uuid:pk>/file", exports.job_file, name="table_export_file"),
    path("verify", exports.verify, name="verify"),
    path("tables/<case_number:number>", tables.table, name="table"),
    path("tables/<case_number:number>/export/<slug:format>", exports.one, name="table_export"),
    path("tables/<case_number:number>/print", tables.table_print, name="table_print"),
    path("tables/<case_number:number>/save", editing.table_save, name="table_save"),
    path("tables/<case_number:number>/autosave", filling.table_autosave, name="table_autosave"),
    path("tables/<case_number:number>/copy", filling.table_copy, name="table_copy"),
    path("tables/<case_number:number>/library", filling.table_library, name="table_library"),
    path("tables/<case_number:number>/submit", editing.table_submit, name="table_submit"),
    path("tables/<case_number:number>/recall", editing.case_recall, {"kind": Kind.TARGET, "page": "table"},
         name="table_recall"),
    path("tables/<case_number:number>/secrecy", secrecy.table_secrecy, name="table_secrecy"),
    path("tables/<case_number:number>/cancel", editing.table_cancel, name="table_cancel"),
    path("tables/<case_number:number>/answer", editing.table_answer, name="table_answer"),
    path("tables/<case_number:number>/attachments", attachments.attachment_add, name="attachment_add"),
    path("tables/<case_number:number>/attachments/<int:pk>", attachments.attachment_open, name="attachment"),
    path("tables/<case_number:number>/attachments/<int:pk>/remove", attachments.attachment_remove,
         name="attachment_remove"),
    path("tables/<case_number:number>/fill-for", standing_in.table_fill_for, name="table_fill_for"),
    path("tables/<case_number:number>/take-over", standing_in.table_take_over, name="table_take_over"),
    path("tables/<case_number:number>/confirm", standing_in.table_confirm, name="table_confirm"),
    path("tables/<case_number:number>/admission", standing_in.table_admission, name="table_admission"),
    path("tables/<case_number:number>/decide", reviewing.decide, {"kind": Kind.TARGET}, name="table_decide"),
    path("tables/<case_number:number>/act", acting.act, {"kind": Kind.TARGET}, name="table_act"),
    path("reports/<case_number:number>/act", acting.act, {"kind": Kind.REPORT}, name="report_act"),
    path("import", imports.import_upload, name="import"),
    path("import/files/<int:pk>", import_files.import_batch, name="import_batch"),
    path("import/files/<int:pk>/read", import_files.import_batch_read, name="import_batch_read"),
    path("import/files/<int:pk>/cancel", import_files.import_batch_cancel, name="import_batch_cancel"),
    path("import/files/<int:pk>/confirm", import_files.import_batch_confirm, name="import_batch_confirm"),
    path("import/files/<int:pk>/report", import_sheet.import_batch_report, name="import_batch_report"),
    path("import/<int:pk>", imports.import_preview, name="import_preview"),
    path("import/<int:pk>/mend", imports.import_mend, name="import_mend"),
    path("import/<int:pk>/confirm", import_taking.import_confirm, name="import_confirm"),
    path("import/<int:pk>/result", import_taking.import_result, name="import_result"),
    path("import/<int:pk>/report", import_sheet.import_report, name="import_report"),
    path("import/<int:pk>/file", imports.import_file, name="import_file"),
    path("projects", projects.project_list, name="project_list"),
    path("projects/figures", figures.control_figures, name="control_figures"),
    path("projects/import", projects.project_import, name="project_import"),
    path("projects/template", projects.project_template, name="project_template"),
    path("projects/add", projects.project_add, name="project_add"),
    path("monitoring", monitoring.board, name="monitoring"),
    path("monitoring/execution", exchange.execution_import, name="execution_import"),
    path("monitoring/execution/<int:pk>", exchange.execution_unmatched, name="execution_unmatched"),
    path("monitoring/execution/rows/<int:pk>/match", exchange.execution_match, name="execution_match"),
    path("monitoring/periods", monitoring.period_create, name="period_create"),
    path("monitoring/periods/<int:pk>/open", monitoring.period_open, name="period_open"),
    path("reports/<case_number:number>", monitoring.report, name="report"),
    path("reports/<case_number:number>/save", monitoring.report_save, name="report_save"),
    path("reports/<case_number:number>/take-over", monitoring.report_take_over, name="report_take_over"),
    path("reports/<case_number:number>/submit", monitoring.report_submit, name="report_submit"),
    path("reports/<case_number:number>/recall", editing.case_recall, {"kind": Kind.REPORT, "page": "report"},
         name="report_recall"),
    path("reports/<case_number:number>/decide", reviewing.decide, {"kind": Kind.REPORT}, name="report_decide"),
]
