"""How a row of the database becomes an instance, for the models of which every page and every action reads many."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from django.db.models.base import Model, ModelState

if TYPE_CHECKING:
    Base = Model
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
        names = _attributes(cls)
        if len(values) != len(names):
            return super().from_db(db, field_names, values, **kwargs)
        instance = cls.__new__(cls)
        instance.__dict__.update(zip(names, values, strict=True))
        instance._state = ModelState()
        instance._state.adding, instance._state.db = False, db
        return instance

    @classmethod
    def fresh(cls, **values: Any) -> Self:
        """Return a new, unsaved instance: `cls(**values)` without its walk, for trusted values under fields' own names.

        A pointer takes an instance under its name, stored or not, or a key under its attribute.
        """
        instance = cls.__new__(cls)
        state = instance._state = ModelState()
        columns = instance.__dict__
        columns.update(_plain_defaults(cls))
        pointers = _pointers(cls)
        for name, value in values.items():
            if name in pointers:
                state.fields_cache[name] = value
                name, value = pointers[name], None if value is None else value.pk
            columns[name] = value
        return instance


@cache
def _plain_defaults(model: type[Model]) -> dict[str, Any]:
    """Return the defaults of the columns, by attribute; a callable's (a new dict, say) has to be given each time."""
    made = {field for field in _fields(model) if field.has_default() and callable(field.default)}
    return {field.attname: None if field in made else field.get_default() for field in _fields(model)}


@cache
def _attributes(model: type[Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in _fields(model))


@cache
def _pointers(model: type[Model]) -> dict[str, str]:
    return {field.name: field.attname for field in _fields(model) if field.name != field.attname}


def _fields(model: type[Model]) -> Sequence[Any]:
    return model._meta.concrete_fields
