"""Code without what no run looks at does what it did."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ring3k import compiled
from ring3k.abi.struct import Structure
from ring3k.cli.lean import compile_lean, wanted_of

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


STRUCTURES = [
    one.stem for one in Path(compiled.PACKAGE, "abi/structs").glob("*.py") if one.stem != "__init__"
]


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("backwards", [False, True])
def test_classes_left_for_later_are_the_same(
    name: str, backwards: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = import_module(f"ring3k.abi.structs.{name}")
    path = str(real.__file__)
    module = ModuleType(f"later_{name}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile_lean(Path(path).read_bytes(), path, ()), vars(module))
    names = [
        key for key, one in vars(real).items() if isinstance(one, type) and one.__module__ == real.__name__
    ]
    made = {key for key in names if key in vars(module)}
    for key in reversed(names) if backwards else names:
        mine, theirs = getattr(module, key), getattr(real, key)
        assert mine is getattr(module, key)
        assert (mine.__name__, mine.__qualname__, mine.__module__) == (key, key, module.__name__)
        if issubclass(theirs, Structure):
            for pointer in (4, 8):
                assert layout(mine, pointer) == layout(theirs, pointer)
        else:
            assert numbers(mine) == numbers(theirs)
    assert len(made) < len(names) or name == "fsctl"
    with pytest.raises(AttributeError, match=f"'later_{name}' has no attribute 'Nobody'"):
        assert module.Nobody


def layout(kind: type[Structure], pointer: int) -> tuple[object, ...]:
    found = kind.layout(pointer)
    return found.size, found.align, found.names, [(one.offset, one.size) for one in found.fields]


def numbers(kind: type) -> dict[str, object]:
    return {key: one for key, one in vars(kind).items() if isinstance(one, int) and key[0] != "_"}


def test_what_a_module_wants_at_once() -> None:
    source = b"""
from ring3k.abi.structs import fileinfo as fi, io
from ring3k.abi.structs.se import ACL

TABLE = {1: fi.FILE_X, 2: lambda: fi.FILE_Y}

class C(io.Z):
    def f(self):
        return io.W
"""
    found = set(wanted_of(source, "ring3k.abi.structs"))
    assert {one.removeprefix("ring3k.abi.structs.") for one in found} == {"se.ACL", "fileinfo.FILE_X", "io.Z"}


def test_what_is_named_at_once_is_made_at_once() -> None:
    source = b"class A: x = 1\nclass B(A): pass\nclass C: y = A\nclass D: pass\nclass E(A):\n  d: D\nF = B"
    scope: dict[str, Any] = {"__name__": "later"}
    exec(compile_lean(source, "later.py", ["E"]), scope)
    assert {"A", "B", "D", "E"} <= scope.keys()
    assert "C" not in scope
    assert scope["__getattr__"]("C").y is scope["A"]
    assert "C" in scope
