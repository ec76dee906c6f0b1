"""Run by tests.bench.peers in the environment of requirements/viewflow.txt."""

from types import SimpleNamespace

from tests.bench.peers import harness

harness.configure(
    "viewflow", ["viewflow", "viewflow.workflow", "tests.bench.peers.viewflow_way"], ROOT_URLCONF="django.urls"
)

from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied
from viewflow.workflow.models import Task

from tests.bench.peers.viewflow_way.flows import ReviewFlow

CONTENT = {"indicators": [{"name": f"indicator {n}", "value": "≥95%"} for n in range(15)]}


def build(count: int) -> list[int]:
    user = User.objects.create(username="reviewer")
    user.user_permissions.add(Permission.objects.get(codename="review_table"))
    for n in range(count):
        ReviewFlow.start.run(number=str(n), content=CONTENT)
    return list(Task.objects.filter(flow_task=ReviewFlow.department).order_by("pk").values_list("pk", flat=True))


def approve(task_id: int, meet=lambda: None) -> None:
    user = User.objects.get(username="reviewer")
    task = Task.objects.get(pk=task_id)
    meet()
    with task.activation() as activation:
        if not activation.assign.has_perm(user):
            raise PermissionDenied
        activation.assign(user)
        if not activation.execute.has_perm(user) and not activation.start.has_perm(user):
            raise PermissionDenied
        activation.start(SimpleNamespace(user=user))
        activation.execute()


harness.measure("viewflow, activation API", build, approve, lambda item: lambda meet: approve(item, meet))
