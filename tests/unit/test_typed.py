"""NamedTuple without ``typing``: the same to who uses it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import typing
from typing import Any

import pytest

from ring3k.typed import Enum, IntEnum, IntFlag, NamedTuple, Protocol


class Light(NamedTuple):
    """A point."""

    x: int
    y: int = 2
    label: str = "none"

    @property
    def sum(self) -> int:
        return self.x + self.y

    def moved(self, by: int) -> Light:
        return self._replace(x=self.x + by)


class Heavy(typing.NamedTuple):
    x: int
    y: int = 2
    label: str = "none"


KINDS: tuple[Any, ...] = (Light, Heavy)
MAKE: Any = type(NamedTuple)


class Empty(NamedTuple):
    pass


class Many(NamedTuple):
    a: int
    b: int
    c: int
    d: int


def test_it_is_a_tuple_with_names() -> None:
    one = Light(1, label="a")
    assert one == (1, 2, "a")
    assert hash(one) == hash((1, 2, "a"))
    assert (one.x, one.y, one.label, one.sum) == (1, 2, "a", 3)
    assert Light(y=5, x=4) == (4, 5, "none")
    assert Many(1, 2, d=4, c=3) == (1, 2, 3, 4)
    assert type(Light) is type
    assert Light.__doc__ == "A point."
    assert not hasattr(one, "__dict__")
    assert Empty() == ()


def test_it_is_as_typing_has_it() -> None:
    light, heavy = Light(1), Heavy(1)
    assert repr(light) == repr(heavy).replace("Heavy", "Light")
    assert Light._fields == Heavy._fields
    assert Light.__match_args__ == Heavy.__match_args__
    assert light._asdict() == heavy._asdict()
    assert Light._make([7, 8, "b"]) == (7, 8, "b")
    assert light.moved(2) == (3, 2, "none")
    for kind in KINDS:
        for bad in ({}, {"x": 1, "z": 2}):
            with pytest.raises(TypeError, match=r"__new__\(\)"):
                kind(**bad)
        with pytest.raises(TypeError, match=r"__new__\(\)"):
            kind(1, 2, "c", 4)
        with pytest.raises(ValueError, match="z"):
            kind(1)._replace(z=1)
        with pytest.raises(AttributeError):
            kind(1).x = 2
    match light:
        case Light(x, y):
            assert (x, y) == (1, 2)


def test_it_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(Light(1, 3))) == Light(1, 3)


def test_other_bases_are_refused() -> None:
    with pytest.raises(TypeError, match="no other base"):
        MAKE("Bad", (NamedTuple, dict), {"__annotations__": {"a": "int"}})
    with pytest.raises(TypeError, match="plain names"):
        MAKE("Bad", (NamedTuple,), {"__annotations__": {"_a": "int"}})


def test_a_protocol_may_be_a_base() -> None:
    class Speaks(Protocol):
        def speak(self) -> str: ...

    class Dog(Speaks):
        def speak(self) -> str:
            return "woof"

    assert Dog().speak() == "woof"


def test_what_annotated_and_generic_were_given_can_be_read() -> None:
    script = """
from ring3k.typed import Annotated, Any, Generic, TypeVar
T = TypeVar("T")
A = Annotated[int, "a"]
In = Annotated[T, "in"]
assert (A.__origin__, A.__metadata__) == (int, ("a",))
assert (In[A].__origin__, In[A].__metadata__) == (int, ("a", "in"))
assert (In[str].__origin__, In[str].__metadata__) == (str, ("in",))
Opt = T | None
assert Opt[A].__args__ == (A, type(None))
class Out(Generic[T]):
    __slots__ = ("x",)
class InOut(Out[T]):
    __slots__ = ("y",)
assert InOut.__mro__ == (InOut, Out, Generic, object)
assert Out[A].__origin__ is Out
assert Out[A].__args__ == (A,)
assert (Out[A] | None).__args__[0].__origin__ is Out
assert (None | A).__args__ == (A, type(None))
assert Any[int] is Any
import sys
assert "typing" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_start_reads_neither_typing_nor_argparse() -> None:
    script = """
import sys
from ring3k.cli.options import read
import ring3k.cli.run, ring3k.system
print({"typing", "argparse", "dataclasses", "inspect"} & set(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-S", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout == "set()\n", done.stderr


class LightKind(Enum):
    A = "first"
    B = "second"


class LightNumber(IntEnum):
    ZERO = 0
    TWO = 2


class LightBits(IntFlag):
    LOW = 1
    HIGH = 4


def test_an_enum_has_members() -> None:
    assert [(one.name, one.value) for one in LightKind] == [("A", "first"), ("B", "second")]
    assert LightKind("second") is LightKind.B
    assert not isinstance(LightKind.A, str)
    assert repr(LightKind.A) == "<LightKind.A: 'first'>"
    assert pickle.loads(pickle.dumps(LightKind.B)) is LightKind.B
    with pytest.raises(ValueError, match="'third' is not a valid LightKind"):
        LightKind("third")


def test_members_may_be_numbers() -> None:
    assert LightNumber.TWO + 1 == 3
    assert LightNumber(2) is LightNumber.TWO
    assert {2: "x"}[LightNumber.TWO] == "x"
    assert (f"{LightNumber.TWO}", str(LightNumber.TWO), f"{LightNumber.TWO:#x}") == ("2", "2", "0x2")
    assert repr(LightNumber.TWO) == "<LightNumber.TWO: 2>"
    assert pickle.loads(pickle.dumps(LightNumber.TWO)) is LightNumber.TWO
    assert LightBits.LOW | LightBits.HIGH == 5
    assert LightBits.LOW | LightBits.HIGH & ~LightBits.HIGH == LightBits.LOW
