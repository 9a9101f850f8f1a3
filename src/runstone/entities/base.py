"""What all entities share."""

from collections.abc import Iterator

import msgspec


class Entity(msgspec.Struct, frozen=True):
    """A frozen value. Iterating over it gives its fields' names and values, so that `dict(entity)` works; it prints
    itself as MLflow's entities do, `<Param: key='lr', value='0.1'>`, the fields in alphabetical order."""

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in sorted(self.__struct_fields__))
        return f"<{type(self).__name__}: {fields}>"

    def __iter__(self) -> Iterator[tuple[str, object]]:
        return ((name, getattr(self, name)) for name in self.__struct_fields__)
