"""The document's own tables."""

from targets.models.execution import ExecutionFigure, ExecutionImport, ExecutionMatch
from targets.models.exporting import ExportJob, WordTemplate
from targets.models.importing import ImportBatch, WaitingFile
from targets.models.monitoring import IndicatorProgress, MonitoringPeriod, MonitoringReport
from targets.models.project import Project, ProjectListImport, ProjectListing
from targets.models.review import Comment, ReviewSheet
from targets.models.table import Attachment, ImportedTable, Indicator, Revision, SourceDocument, TargetTable

__all__ = [
    "Attachment", "Comment", "ExecutionFigure", "ExecutionImport", "ExecutionMatch", "ExportJob",
    "ImportBatch", "ImportedTable", "Indicator", "IndicatorProgress", "MonitoringPeriod", "MonitoringReport",
    "Project", "ProjectListImport", "ProjectListing", "ReviewSheet", "Revision", "SourceDocument",
    "TargetTable", "WaitingFile", "WordTemplate",
]
