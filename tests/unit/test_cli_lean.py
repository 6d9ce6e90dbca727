"""Code without what no run looks at does what it did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ring3k import compiled
from ring3k.cli.lean import compile_lean

SOURCE = b'''"""A module."""

from __future__ import annotations

from ring3k.typed import TYPE_CHECKING, NamedTuple, Protocol, overload

if TYPE_CHECKING:
    from nowhere import Nobody
else:
    Nobody = int

COUNT: int = 3
LATER: dict[str, int]


def kept(function):
    """Marks it."""
    return function


def plain(a: int, *rest: str, b: Nobody = 2, **more: object) -> int:
    """Adds."""
    text: str = "sum"
    return a + b


@kept
async def declared(a: int) -> Answer:
    """Told to people."""


def empty() -> None:
    """Nothing."""


class Form(Protocol):
    """Of something."""

    size: int

    def grow(self) -> None: ...


class Point(NamedTuple):
    """A place."""

    x: int
    y: int = 5

    @overload
    def at(self, n: int) -> int: ...
    @overload
    def at(self, n: str) -> str: ...
    def at(self, n):
        """Either."""
        return self[n]


class Box:
    """A thing."""

    size: int
    depth: int = 2

    def __init__(self) -> None:
        self.width: int = 1

    class Inner:
        """Only told of."""


def fails() -> None:
    """Here."""

    raise ValueError
'''


def made(source: bytes = SOURCE) -> dict[str, Any]:
    scope: dict[str, Any] = {"__name__": "lean"}
    exec(compile_lean(source, "lean.py"), scope)
    return scope


def test_what_runs_is_there() -> None:
    scope = made()
    assert scope["COUNT"] == 3
    assert (scope["plain"](1), scope["plain"](1, b=4), scope["empty"]()) == (3, 5, None)
    assert (scope["Point"](1), scope["Point"](1).at(1)) == ((1, 5), 5)
    assert (scope["Box"].depth, scope["Box"]().width, scope["Nobody"]) == (2, 1, int)
    assert scope["Box"].Inner().__class__.__name__ == "Inner"


def test_what_nobody_looks_at_is_not() -> None:
    scope = made()
    texts = [scope.get("__doc__"), *(scope[name].__doc__ for name in ("kept", "plain", "Form", "Box"))]
    assert texts == [None] * 5
    assert scope["plain"].__annotations__ == {}
    assert "__annotations__" not in scope | vars(scope["Box"])
    assert not hasattr(scope["Form"], "grow")


def test_declarations_and_fields_are_there() -> None:
    scope = made()
    assert scope["declared"].__annotations__ == {"a": "int", "return": "Answer"}
    assert scope["declared"].__doc__ == "Told to people."
    assert scope["Point"]._fields == ("x", "y")


def test_lines_are_where_they_were() -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        made()["fails"]()
    line = caught.traceback[-1].lineno
    assert SOURCE.splitlines()[line] == b"    raise ValueError"


def test_all_that_we_have_can_be_made_lean() -> None:
    for path in Path(compiled.PACKAGE).rglob("*.py"):
        compile_lean(path.read_bytes(), str(path))


def test_a_mistake_is_told() -> None:
    with pytest.raises(SyntaxError):
        compile_lean(b"def", "lean.py")
