"""Department, then finance."""

from viewflow import this
from viewflow.workflow import flow, lock
from viewflow.workflow.flow import views

from tests.bench.peers.viewflow_way.models import Review


class ReviewFlow(flow.Flow):
    process_class = Review
    lock_impl = lock.SelectForUpdateLock()

    start = flow.StartHandle(this.begin).Next(this.department)
    department = (
        flow.View(views.UpdateProcessView.as_view(fields=["number"]))
        .Permission("viewflow_way.review_table")
        .Next(this.finance)
    )
    finance = (
        flow.View(views.UpdateProcessView.as_view(fields=["number"]))
        .Permission("viewflow_way.review_table")
        .Next(this.end)
    )
    end = flow.End()

    def begin(self, activation, *, number, content):
        activation.process.number = number
        activation.process.content = content
        return activation.process
