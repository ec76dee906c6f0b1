"""A queryset compiled once and sent often: for the few reads of one row's surroundings that every approval repeats.

Two thirds of such a read is Django compiling the same queryset again. The queryset stays where it is read; only its
statement, converters and the way from row to instance are kept. Decision 0013 says what this buys.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

from workflow import sql

M = TypeVar("M", bound=Model)
SOME_KEY = 2**31 - 19
"""Stands for the key while the queryset is compiled; its place among the parameters is found again by value."""


class Prepared(Generic[M]):
    """One queryset that differs from call to call by one key only; select_related and locking are kept as they are."""

    def __init__(self, build: Callable[[int], QuerySet[M]]) -> None:
        self._build = build
        self._plan: dict[str, _Plan] = {}

    def __call__(self, key: int) -> list[tuple[M, list[Any]]]:
        """Return the instances that `build(key)` would, each with its annotations in order; in one statement."""
        vendor = connection.vendor
        plan = self._plan.get(vendor) or self._plan.setdefault(vendor, _Plan(self._build))
        found = sql.long_rows(plan.statement, [key if p == SOME_KEY else p for p in plan.parameters])
        return [(plan.instance(row), [row[n] for n in plan.annotations]) for row in map(list, found)]


class _Plan:
    """The statement of a queryset and the way from its rows to instances."""

    def __init__(self, build: Callable[[int], QuerySet[Any]]) -> None:
        queryset = build(SOME_KEY)
        # Django compiles a locking read inside a transaction only, which is where the first caller stands.
        compiler = queryset.query.get_compiler(using=connection.alias)
        self.statement, self.parameters = compiler.as_sql()
        assert SOME_KEY in self.parameters
        known = compiler.klass_info
        self._model, fields = known["model"], known["select_fields"]
        self._from, self._to = fields[0], fields[-1] + 1
        self._names = [column[0].target.attname for column in compiler.select[self._from : self._to]]
        self._related = get_related_populators(known, compiler.select, connection.alias)  # type: ignore[call-arg]
        columns = [column[0] for column in compiler.select]
        self._converters = list(compiler.get_converters(columns).items())
        self.annotations = list(compiler.annotation_col_map.values())

    def instance(self, row: list[Any]) -> Any:
        """Return the instance of one row with what select_related asked for."""
        for place, (converters, expression) in self._converters:
            for converter in converters:
                row[place] = converter(row[place], expression, connection)
        found = self._model.from_db(connection.alias, self._names, row[self._from : self._to])
        for related in self._related:
            related.populate(row, found)
        return found
