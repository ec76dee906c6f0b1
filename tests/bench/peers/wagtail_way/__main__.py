"""Run by tests.bench.peers in the environment of requirements/wagtail.txt."""

from tests.bench.peers import harness

harness.configure(
    "wagtail",
    [
        "django.contrib.sessions",
        "django.contrib.messages",
        "taggit",
        "modelcluster",
        "wagtail.users",
        "wagtail.documents",
        "wagtail.images",
        "wagtail.search",
        "wagtail.admin",
        "wagtail",
        "tests.bench.peers.wagtail_way",
    ],
    WAGTAIL_SITE_NAME="measurement",
    WAGTAILADMIN_BASE_URL="http://127.0.0.1",
    EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
    STATIC_URL="/static/",
    ROOT_URLCONF="wagtail.admin.urls",
)

from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from wagtail.models import GroupApprovalTask, Page, Workflow, WorkflowTask

from tests.bench.peers.wagtail_way.models import TablePage

CONTENT = {"indicators": [{"name": f"indicator {n}", "value": "≥95%"} for n in range(15)]}


def build(count: int) -> list[int]:
    editor = User.objects.create(username="editor")
    workflow = Workflow.objects.create(name="review")
    for order, name in enumerate(("department", "finance")):
        group = Group.objects.create(name=name)
        task = GroupApprovalTask.objects.create(name=name)
        task.groups.add(group)
        WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=order)
    User.objects.create(username="reviewer").groups.add(Group.objects.get(name="department"))
    root, pages = Page.objects.get(depth=1), []
    for n in range(count):
        page = root.add_child(instance=TablePage(title=f"table {n}", slug=f"table-{n}", content=CONTENT, live=False))
        page.save_revision(user=editor)
        workflow.start(page, editor)
        pages.append(page.pk)
    return pages


def approve(page_id: int, meet=lambda: None) -> None:
    user = User.objects.get(username="reviewer")
    page = TablePage.objects.get(pk=page_id)
    task = page.current_workflow_task
    if "approve" not in [name for name, _, _ in task.get_actions(page, user)]:
        raise PermissionDenied
    state = page.current_workflow_task_state
    meet()
    task.on_action(state, user, "approve")


harness.measure("wagtail, moderation", build, approve, lambda item: lambda meet: approve(item, meet))
