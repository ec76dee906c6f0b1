"""What the document's pages take from a request besides the table itself: filters, files, choices, decisions.

Texts of the table are read by targets.paper; rules are in the domain, forms only give typed values.
"""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from targets import scoring
from targets.models import Project
from targets.models.monitoring import MonitoringPeriod
from targets.models.review import Grade
from targets.overview import TABS, Filters
from workflow.machine import Again
from workflow.models import Organisation, Round

CONTROL = {"class": "form-control"}
SELECT = {"class": "form-select"}
DAY = {"class": "form-control", "type": "date"}


class ListFilters(forms.Form):
    """Filters of a list in its address; one that makes no sense is left out, never an error page."""

    state = forms.ChoiceField(choices=[(name, label) for name, (label, _which) in TABS.items()], required=False)
    department = forms.IntegerField(required=False)
    unit = forms.IntegerField(required=False)
    year = forms.IntegerField(required=False, min_value=1990, max_value=2200)
    q = forms.CharField(required=False, max_length=100)
    after = forms.IntegerField(required=False)

    def asked(self) -> tuple[Filters, int | None]:
        """Return the filters that make sense, and the key of the page."""
        self.is_valid()
        got: dict[str, Any] = self.cleaned_data
        return Filters(got.get("state") or "all", got.get("department"), got.get("unit"), got.get("year"),
                       (got.get("q") or "").strip()), got.get("after")


class SeveralFilesInput(forms.ClearableFileInput):
    """A file field of the browser in which several files can be chosen."""

    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """One or more files; gives a list."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        found = data if isinstance(data, list | tuple) else [data]
        return [super(SeveralFilesField, self).clean(file, initial) for file in found or [None]]


class UploadForm(forms.Form):
    """Files with target tables, for one of the units that the person edits."""

    file = SeveralFilesField(label=_("Files"), widget=SeveralFilesInput(attrs=dict(CONTROL)))
    unit = forms.ModelChoiceField(Organisation.objects.none(), label=_("For the unit"), required=False,
                                  widget=forms.Select(attrs=SELECT))
    declared = forms.BooleanField(label=_("I declare that the file holds no state secrets and no work secrets."),
                                  widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
                                  error_messages={"required": _("Tick the declaration first; without it nothing is "
                                                                "uploaded.")})

    def __init__(self, *args: Any, units: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Organisation.objects.filter(pk__in=[u.pk for u in units])  # type: ignore[attr-defined]
        self.fields["unit"].required = len(units) > 1
        if len(units) < 2:
            del self.fields["unit"]


class ProjectImportForm(forms.Form):
    """A project list of one round."""

    round = forms.ModelChoiceField(Round.objects.none(), label=_("Round"), widget=forms.Select(attrs=SELECT))
    file = forms.FileField(label=_("List (xlsx or csv)"), widget=forms.ClearableFileInput(attrs=CONTROL))
    is_final = forms.BooleanField(
        label=_("These amounts are the control figures"), required=False,
        help_text=_("From now on a table that says another amount cannot be submitted."),
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}))

    def __init__(self, *args: Any, rounds: list[Round], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["round"].queryset = Round.objects.filter(pk__in=[r.pk for r in rounds])  # type: ignore[attr-defined]
        if rounds:
            self.fields["round"].initial = rounds[0]


class OffListForm(forms.Form):
    """A project that is not on the project list (清单外项目)."""

    name = forms.CharField(label=_("Project name"), max_length=300, widget=forms.TextInput(attrs=CONTROL))
    unit = forms.ModelChoiceField(Organisation.objects.none(), label=_("For the unit"),
                                  widget=forms.Select(attrs=SELECT))
    category = forms.ChoiceField(
        label=_("Category"), widget=forms.Select(attrs=SELECT), initial=Project.Category.SPECIFIC,
        choices=[c for c in Project.Category.choices if c[0] != Project.Category.PERSONNEL])

    def __init__(self, *args: Any, units: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Organisation.objects.filter(pk__in=[u.pk for u in units])  # type: ignore[attr-defined]
        if units:
            self.fields["unit"].initial = units[0]


class DecisionForm(forms.Form):
    """What a reviewer says: words, a document for the release, four ticks. Texts stay when the decision is refused."""

    words = forms.CharField(required=False, max_length=4000, label=_("Opinion"),
                            widget=forms.Textarea(attrs={"class": "form-control", "rows": 3}))
    days = forms.IntegerField(required=False, min_value=0, max_value=60, label=_("Working days for the correction"),
                              widget=forms.NumberInput(attrs=CONTROL))
    to = forms.CharField(required=False, max_length=40, label=_("Return to"))
    again = forms.ChoiceField(required=False, choices=Again.choices, label=_("After the correction"))
    conditions = forms.CharField(required=False, max_length=4000, label=_("Conditions, one a line"),
                                 widget=forms.Textarea(attrs={"class": "form-control", "rows": 2}))
    document_number = forms.CharField(required=False, max_length=60, label=_("Document number"),
                                      widget=forms.TextInput(attrs=CONTROL))
    document_date = forms.DateField(required=False, label=_("Document date"), widget=forms.DateInput(attrs=DAY))
    completeness = forms.ChoiceField(choices=Grade.choices, required=False, label=_("completeness"))
    relevance = forms.ChoiceField(choices=Grade.choices, required=False, label=_("relevance"))
    suitability = forms.ChoiceField(choices=Grade.choices, required=False, label=_("suitability"))
    feasibility = forms.ChoiceField(choices=Grade.choices, required=False, label=_("feasibility"))
    overall = forms.ChoiceField(choices=Grade.choices, required=False, label=_("overall grade"))

    GRADED = ("completeness", "relevance", "suitability", "feasibility")
    RANK = (Grade.EXCELLENT, Grade.GOOD, Grade.FAIR, Grade.POOR)

    def clean(self) -> dict[str, Any]:
        """Read the points (points.<item>): of every item or of none, each within its share."""
        said: dict[str, Any] = super().clean() or {}
        given: dict[str, Decimal] = {}
        for item in scoring.items():
            typed = str(self.data.get(f"points.{item.key}", ""))
            try:
                value = scoring.points_of(typed, most=item.most)
            except ValueError:
                self.add_error(None, ValidationError(
                    _("Points for “%(item)s”: a number from 0 to %(most)s, in steps of a half."),
                    params={"item": item.label, "most": item.most}))
                continue
            if value is not None:
                given[item.key] = value
        said["scores"] = scoring.Scores(given)
        if given and not said["scores"].is_whole and not self.errors:
            missing = "、".join(item.label for item in scoring.items() if item.key not in given)
            self.add_error(None, ValidationError(_("Give points for every item, or for none. Missing: %(items)s."),
                                                 params={"items": missing}))
        return said

    def scored(self) -> dict[str, Any]:
        """Return what the page shows of the points: each item with what was typed, the sum, the suggested grade."""
        scores = getattr(self, "cleaned_data", {}).get("scores") or scoring.Scores({})
        blocks: dict[str, list[tuple[scoring.Item, str]]] = {}
        for item in scoring.items():
            blocks.setdefault(item.block, []).append((item, str(self.data.get(f"points.{item.key}", ""))))
        return {"blocks": [(self.fields[name].label, rows) for name, rows in blocks.items()],
                "total": scoring.plain(scores.total) if scores.points else "", "is_whole": scores.is_whole,
                "most": sum(item.most for item in scoring.items()), "thresholds": scoring.words()["thresholds"],
                "suggested": Grade(scores.overall).label if scores.is_whole else ""}

    def sheet(self) -> dict[str, Any] | None:
        """Return the review sheet when points were given or a grade was ticked, else None.

        What the reviewer ticked stands. A block without a tick has the grade that its points suggest; without a ticked
        overall grade it is what the sum suggests, and where there are no points the worst of the four.
        """
        ticked = {name: self.cleaned_data.get(name) or "" for name in self.GRADED}
        overall, scores = self.cleaned_data.get("overall") or "", self.cleaned_data["scores"]
        if scores.points:
            ticked = {name: grade or scores.block(name) for name, grade in ticked.items()}
            overall = overall or scores.overall
        given = [grade for grade in ticked.values() if grade]
        if not given:
            return None
        sheet = {**ticked, "overall": overall or max(given, key=[str(g) for g in self.RANK].index),
                 "opinion": self.cleaned_data.get("words") or ""}
        return {**sheet, "points": scores.texts} if scores.points else sheet


class PeriodForm(forms.ModelForm):
    """One stretch of the year that is monitored, with its dates."""

    class Meta:
        model = MonitoringPeriod
        fields = ("fiscal_year", "label", "from_date", "to_date", "unit_due", "department_due", "finance_due")
        widgets = {
            "fiscal_year": forms.NumberInput(attrs=CONTROL), "label": forms.TextInput(attrs=CONTROL),
            **{name: forms.DateInput(attrs=DAY, format="%Y-%m-%d") for name in
               ("from_date", "to_date", "unit_due", "department_due", "finance_due")},
        }
        labels = {"from_date": _("From"), "to_date": _("To")}
