"""The budget's project list (预算项目清单): projects over the years, and what each round lists of them.

Rows are written by targets.projects only.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from workflow.models import Case, Organisation, Round, User


class Project(models.Model):
    """One project over the years, known by its code (项目编码). Changed by projects.import_project_list."""

    class Category(models.TextChoices):
        PERSONNEL = "personnel", _("Personnel")
        OPERATION = "operation", _("Operation")
        SPECIFIC = "specific", _("Specific target")

    class Origin(models.TextChoices):
        LIST = "list", _("Project list")
        OFF_LIST = "off_list", _("Not on the project list")

    code = models.CharField(_("project code"), max_length=60, null=True, blank=True)
    """Null only for a project that is not on the list yet."""
    name = models.CharField(_("project name"), max_length=300)
    unit = models.ForeignKey(Organisation, models.PROTECT, related_name="projects", verbose_name=_("unit"))
    category = models.CharField(_("project category"), max_length=12, choices=Category.choices,
                                default=Category.SPECIFIC)
    funding_source = models.CharField(_("funding source"), max_length=120, blank=True)
    is_key = models.BooleanField(_("key project"), default=False)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.LIST)
    first_year = models.PositiveIntegerField(_("first fiscal year"))
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("project")
        ordering = ["code", "id"]
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=Q(code__isnull=False), name="project_code_once"),
            models.UniqueConstraint(fields=["unit", "name"], condition=Q(code__isnull=True),
                                    name="project_without_code_once_a_unit"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def needs_table(self) -> bool:
        """Whether a target table is asked for it: personnel spending gets none."""
        return self.category != self.Category.PERSONNEL


class ProjectListImport(models.Model):
    """One file of the project list that finance has taken in, with what came of it. Append-only."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="list_imports")
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    imported_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    imported_at = models.DateTimeField()

    class Meta:
        verbose_name = _("import of the project list")
        ordering = ["-id"]


class ProjectListing(models.Model):
    """What one round lists of one project. Each phase is a round, so money may change three times.

    `case` is the target table's case that the listing opened or, in a later phase, continues.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="listings")
    round = models.ForeignKey(Round, models.PROTECT, related_name="listings")
    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="listings")
    list_import = models.ForeignKey(ProjectListImport, models.PROTECT, null=True, blank=True, related_name="listings")
    name = models.CharField(max_length=300)
    """The project's name as this round lists it."""
    amount = models.DecimalField(_("amount (yuan)"), max_digits=18, decimal_places=2, null=True, blank=True)
    is_continuing = models.BooleanField(_("continuing project"), default=False)
    listed_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("listed project")
        ordering = ["-round_id", "project_id"]
        constraints = [models.UniqueConstraint(fields=["project", "round"], name="project_once_a_round")]
