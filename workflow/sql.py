"""The fixed reads of the one door, written as SQL because each approval asks them: the same on SQLite and PostgreSQL.

Everything else goes through the ORM. A decision page says what this buys.
"""

from typing import Any

from django.db import connection

POSTS_AROUND_A_CASE = """
SELECT role_group.group_ptr_id, role_group.role, organisation.id, organisation.name, organisation.kind,
       organisation.is_performance_division, person.id
  FROM workflow_rolegroup AS role_group
  JOIN workflow_organisation AS organisation ON organisation.id = role_group.organisation_id
  LEFT JOIN workflow_user_groups AS membership ON membership.group_id = role_group.group_ptr_id
  LEFT JOIN workflow_user AS person ON person.id = membership.user_id AND person.is_active
 WHERE organisation.id IN (%s, %s, %s) OR organisation.is_performance_division OR organisation.kind = 'bureau'
 ORDER BY role_group.group_ptr_id, person.id
"""
"""Parameters: unit, department and division in charge, as ids."""

GRANT_ROWS_OF_A_CASE = """
SELECT 1, group_id, permission_id FROM workflow_casegrouppermission WHERE content_object_id = %s
 UNION ALL
SELECT 0, user_id, permission_id FROM workflow_caseuserpermission WHERE content_object_id = %s
"""
"""Parameters: the case, twice. The first column is 1 for a group's row, 0 for a person's."""


def rows(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Return every row of `statement`."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()
