"""A key with all below it, outside of any registry: what hive files are read into and written from."""

from __future__ import annotations

from collections.abc import Iterator


class Tree:
    """One key."""

    __slots__ = ("children", "class_name", "link", "name", "security", "time", "values")

    def __init__(
        self,
        name: str,
        time: int = 0,
        class_name: str | None = None,
        security: bytes | None = None,
        link: bool = False,
    ) -> None:
        self.name = name
        self.time = time
        self.class_name = class_name
        self.security = security  # a self-relative descriptor
        self.link = link
        self.values: list[tuple[str, int, bytes]] = []  # name, type, data
        self.children: list[Tree] = []

    def walk(self) -> Iterator[Tree]:
        """This key and all below, parents first."""
        rest = [self]
        while rest:
            one = rest.pop()
            yield one
            rest.extend(reversed(one.children))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tree) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    __hash__ = None  # type: ignore[assignment]  # mutable
