"""下达控制数 over HTTP: take the list, then look at what it does to each table before anything is done."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from targets import figures, organisations, overview
from targets.forms import CONTROL, SELECT
from targets.lists import TEMPLATE, ListRefused
from targets.projects import ImportResult, RoundClosed
from targets.views.common import person
from workflow.models import Round
from workflow.refusals import Refused


class FiguresForm(forms.Form):
    """The list of control figures of one round."""

    round = forms.ModelChoiceField(Round.objects.none(), label=gettext_lazy("Round"), widget=forms.Select(attrs=SELECT))
    file = forms.FileField(label=gettext_lazy("List (xlsx or csv)"), widget=forms.ClearableFileInput(attrs=CONTROL))
    is_whole = forms.BooleanField(
        label=gettext_lazy("The list names every project that gets money"), required=False,
        help_text=gettext_lazy("A table whose project is not in it is then cancelled as not funded. An amount of 0 "
                               "says the same of one project."),
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}))

    def __init__(self, *args: object, rounds: list[Round], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["round"].queryset = Round.objects.filter(pk__in=[r.pk for r in rounds])  # type: ignore[attr-defined]
        if rounds:
            self.fields["round"].initial = rounds[0]


@require_http_methods(["GET", "HEAD", "POST"])
def control_figures(request: HttpRequest) -> HttpResponse:
    """Take in the control figures of a round and go to the preview of what they do to its tables."""
    if not organisations.is_finance(person(request)):
        raise organisations.NotFinance
    form = FiguresForm(request.POST or None, request.FILES or None, rounds=overview.open_rounds())
    result: ImportResult | None = None
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        data = said["file"].read()
        common = {"name": said["file"].name, "data": data, "round": said["round"], "by": person(request),
                  "now": timezone.now()}
        try:
            result = figures.take_list(**common)
            if result.is_stored:
                batch = figures.prepare(is_whole=said["is_whole"], **common)
                messages.success(request, _("The figures are in the project list. Confirm below what they do to the "
                                            "tables."))
                return redirect("batch", batch.pk)
        except (ListRefused, RoundClosed, figures.NothingToLower) as refused:
            refusal = refused
    status = 422 if form.errors or refusal or (result and result.refused) else 200
    return render(request, "targets/control_figures.html", {
        "section": "projects", "form": form, "result": result, "refusal": refusal, "columns": TEMPLATE,
    }, status=status)
