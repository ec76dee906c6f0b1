"""How a row of the database becomes an instance, for the models of which every page and every action reads many."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Self

from django.db.models.base import ModelState

if TYPE_CHECKING:
    from django.db.models import Model as Base
else:
    Base = object


class QuickRows(Base):
    """A model whose whole rows become instances as unpickling makes them: columns set, `__init__` not called.

    A third of the time, since `__init__` walks fields, defaults and descriptors that a stored row has no need of. Such
    a model has no receiver of pre_init or post_init; a row with deferred columns goes the usual way.
    """

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **kwargs: Any) -> Self:
        """Return the instance of one stored row; Django's documented hook for this."""
        if len(values) != len(cls._meta.concrete_fields):
            return super().from_db(db, field_names, values, **kwargs)
        instance = cls.__new__(cls)
        instance.__dict__.update(zip((field.attname for field in cls._meta.concrete_fields), values, strict=True))
        instance._state = ModelState()
        instance._state.adding, instance._state.db = False, db
        return instance
