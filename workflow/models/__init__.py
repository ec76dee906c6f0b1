"""The procedure's own tables."""

from workflow.models.batch import Batch, Paper
from workflow.models.case import (
    Case,
    CaseGroupPermission,
    CaseUserPermission,
    Copy,
    Decision,
    NumberSeries,
    RungFired,
    Suspension,
    Task,
)
from workflow.models.extension import Extension
from workflow.models.heartbeat import Heartbeat
from workflow.models.people import Delegation, Organisation, OrganisationAlias, RoleGroup, User
from workflow.models.record import Event, Purge, Ruling, Seal
from workflow.models.round import CalendarYear, Ladder, Milestone, Round, RoundDate, Rung, WorkDay
from workflow.models.route import Route, Step

__all__ = [
    "Batch",
    "CalendarYear",
    "Case",
    "CaseGroupPermission",
    "CaseUserPermission",
    "Copy",
    "Decision",
    "Delegation",
    "Event",
    "Extension",
    "Heartbeat",
    "Ladder",
    "Milestone",
    "NumberSeries",
    "Organisation",
    "OrganisationAlias",
    "Paper",
    "Purge",
    "RoleGroup",
    "Round",
    "RoundDate",
    "Route",
    "Ruling",
    "Rung",
    "RungFired",
    "Seal",
    "Step",
    "Suspension",
    "Task",
    "User",
    "WorkDay",
]
