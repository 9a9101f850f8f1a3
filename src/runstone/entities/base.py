"""What all entities share."""

from collections.abc import Iterator

import msgspec


class Entity(msgspec.Struct, frozen=True):
    """A frozen value; iterating over it gives its fields' names and values, so that `dict(entity)` works."""

    def __iter__(self) -> Iterator[tuple[str, object]]:
        return ((name, getattr(self, name)) for name in self.__struct_fields__)
