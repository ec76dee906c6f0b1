"""Run by tests.bench.peers in the environment of requirements/plain.txt."""

from tests.bench.peers import harness

harness.configure(
    "plain",
    ["guardian", "django_fsm_log", "tests.bench.peers.plain"],
    ANONYMOUS_USER_NAME=None,
    AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend", "guardian.backends.ObjectPermissionBackend"],
)

from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from guardian.shortcuts import assign_perm, remove_perm

from tests.bench.peers.plain.models import Outbox, Table

CONTENT = {"indicators": [{"name": f"indicator {n}", "value": "≥95%"} for n in range(15)]}


def build(count: int) -> list[int]:
    department, finance = Group.objects.create(name="department"), Group.objects.create(name="finance")
    User.objects.create(username="reviewer").groups.add(department)
    User.objects.create(username="finance").groups.add(finance)
    tables = Table.objects.bulk_create(Table(number=str(n), content=CONTENT) for n in range(count))
    assign_perm("review_table", department, Table.objects.all())
    return [table.pk for table in tables]


def approve(table_id: int, meet=lambda: None) -> None:
    user = User.objects.get(username="reviewer")
    with transaction.atomic():
        table = Table.objects.get(pk=table_id)
        if not user.has_perm("plain.review_table", table):
            raise PermissionDenied
        meet()
        table.pass_department(by=user)
        table.save()
        remove_perm("review_table", Group.objects.get(name="department"), table)
        assign_perm("review_table", Group.objects.get(name="finance"), table)
        Outbox.objects.create(table=table, kind="approved")


harness.measure("plain: fsm-2 + fsm-log + guardian", build, approve, lambda item: lambda meet: approve(item, meet))
