"""The room "targets" as Django knows it: at start it names its kinds of document to the procedure."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

FIELD_WORDS = {
    "row": _("Indicator line"),
    "remark": _("Comment on line"),
    "annual_goal": _("Annual goal"),
    "project_name": _("Project name"),
    "department": _("Supervising department"),
    "unit": _("Implementing unit"),
    "attribute": _("Attribute"),
    "period": _("Project period"),
    "funds.total": _("Funds, total"),
    "funds.fiscal": _("Funds, fiscal"),
    "funds.other": _("Funds, other"),
    "actual": _("Actual value"),
    "forecast": _("Forecast"),
    "measures": _("Measures"),
    "reason": _("Opinion"),
    "answer": _("Answer"),
}
"""How the fields of this room's forms are called where a refused form's texts are shown again."""


class TargetsConfig(AppConfig):
    name = "targets"

    def ready(self) -> None:
        from django.conf import settings

        from targets import batches, jobs, kinds, monitoring, organisations, profiles, purging
        from targets.reading import intake
        from workflow import kept
        from workflow import kinds as document_kinds
        from workflow import purging as signed_purging
        from workflow.signals import reorganised, time_passes

        kinds.register_all()
        document_kinds.name_profiles(profiles.name_of)
        signed_purging.register(purging.TargetStore())
        reorganised.connect(organisations.follow, dispatch_uid="targets.organisations")
        intake.use(intake.Tools(converter=settings.CONVERTER, scanner=settings.CLAMD_SOCKET))
        kept.name_fields(FIELD_WORDS)
        time_passes.connect(monitoring.when_time_passes, dispatch_uid="targets.monitoring")
        time_passes.connect(jobs.when_time_passes, dispatch_uid="targets.jobs")
        time_passes.connect(batches.when_time_passes, dispatch_uid="targets.batches")
