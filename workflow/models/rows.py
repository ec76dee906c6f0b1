"""How a row of the database becomes an instance, for the models of which every page and every action reads many."""

from collections.abc import Sequence
from typing import Any, Self

from django.db.models.base import ModelState


class QuickRows:
    """A model whose whole rows become instances as unpickling makes them: columns set, `__init__` not called.

    A third of the time, since `__init__` walks fields, defaults and descriptors that a stored row has no need of. Such
    a model has no receiver of pre_init or post_init; a row with deferred columns goes the usual way.
    """

    @classmethod
    def from_db(cls, db: str | None, field_names: Sequence[str], values: Sequence[Any]) -> Self:
        """Return the instance of one stored row; Django's documented hook for this."""
        meta: Any = cls._meta  # type: ignore[attr-defined]
        if len(values) != len(meta.concrete_fields):
            return super().from_db(db, field_names, values)  # type: ignore[misc, no-any-return]
        instance = cls.__new__(cls)
        instance.__dict__.update(zip((field.attname for field in meta.concrete_fields), values, strict=True))
        state = instance._state = ModelState()  # type: ignore[attr-defined]
        state.adding, state.db = False, db
        return instance
