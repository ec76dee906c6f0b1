"""People and the organisations they act for. Nothing here is ever deleted: it is ended or deactivated."""

from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.models import AbstractUser, Group
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from workflow.machine import Role
from workflow.models.rows import QuickRows


class Organisation(QuickRows, models.Model):
    """One department, unit, finance bureau or division of it. Changed by administrators only."""

    class Kind(models.TextChoices):
        DEPARTMENT = "department", _("Department")
        UNIT = "unit", _("Unit")
        BUREAU = "bureau", _("Finance bureau")
        DIVISION = "division", _("Division")

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )
    division_in_charge = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="departments_served",
        verbose_name=_("division in charge"),
    )
    is_own_office = models.BooleanField(_("is the department's own office"), default=False)
    is_performance_division = models.BooleanField(_("is the performance division"), default=False)
    phone = models.CharField(_("office phone"), max_length=40, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    successor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="predecessors", verbose_name=_("successor")
    )

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @property
    def department(self) -> "Organisation":
        """The department that this unit belongs to; a department is its own."""
        return self.parent if self.kind == self.Kind.UNIT and self.parent else self


class OrganisationAlias(models.Model):
    """One spelling under which an organisation is printed on paper, after `workflow.people.normal_name`."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="aliases")
    text = models.CharField(max_length=200)
    normal = models.CharField(max_length=200, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["normal", "organisation"], name="alias_once_an_organisation")]

    def __str__(self) -> str:
        return self.text


class User(AbstractUser):
    """One person with one account. Business rights come from role groups; `administers` gives none."""

    class Administers(models.TextChoices):
        SYSTEM = "system", _("System administrator")
        SECURITY = "security", _("Security administrator")
        AUDIT = "audit", _("Audit administrator")

    full_name = models.CharField(_("name"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    administers = models.CharField(_("administers"), max_length=10, choices=Administers.choices, null=True, blank=True)
    is_demo = models.BooleanField(_("demo account"), default=False)
    one_time_until = models.DateTimeField(_("one-time password valid until"), null=True, blank=True)
    """Set while the password is one that somebody else has read: it must be changed at the first log-in."""

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.full_name or self.username


class RoleGroup(Group):
    """The people who hold one role in one organisation; membership is `user.groups`."""

    if TYPE_CHECKING:
        objects: ClassVar[models.Manager["RoleGroup"]]  # type: ignore[assignment]

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="role_groups")
    role = models.CharField(max_length=24, choices=Role.choices)

    class Meta:
        verbose_name = _("role group")
        verbose_name_plural = _("role groups")
        constraints = [
            models.UniqueConstraint(fields=["organisation", "role"], name="one_group_a_role_and_organisation")
        ]


class Delegation(models.Model):
    """`deputy` acts for `principal` from `starts_at` (included) to `ends_at` (excluded)."""

    principal = models.ForeignKey(User, models.PROTECT, related_name="delegations_given")
    deputy = models.ForeignKey(User, models.PROTECT, related_name="delegations_held")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    scope = models.JSONField(default=dict, blank=True)
    basis = models.CharField(max_length=200, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")), name="delegation_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=~Q(principal=models.F("deputy")), name="nobody_is_their_own_deputy"),
        ]
