"""What we use of ``typing`` and ``enum``, without their price at run time.

To a type checker these are their own.  Reading ``typing`` and what it reads takes 5 ms of a start, ``enum``
1 ms, and each ``NamedTuple`` and ``Protocol`` 0.1 to 0.3 ms, as it looks into annotations and compiles a
constructor.  Here annotations stay text, all tuples of as many fields share a constructor's code, and the
rest is just enough for ``abi.types``: what ``Annotated`` and ``Generic`` were given can be read again, and
type variables are replaced.  Members of an ``Enum`` have their name and value, and are found by that; an
``IntFlag``'s are numbers, and so is what they are joined to.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as ``typing`` has it
if TYPE_CHECKING:
    from enum import Enum as Enum
    from enum import IntEnum as IntEnum
    from enum import IntFlag as IntFlag
    from typing import IO as IO
    from typing import Annotated as Annotated
    from typing import Any as Any
    from typing import ClassVar as ClassVar
    from typing import Generic as Generic
    from typing import Literal as Literal
    from typing import NamedTuple as NamedTuple
    from typing import NoReturn as NoReturn
    from typing import Protocol as Protocol
    from typing import Self as Self
    from typing import TextIO as TextIO
    from typing import TypeAlias as TypeAlias
    from typing import TypeVar as TypeVar
    from typing import Union as Union
    from typing import dataclass_transform as dataclass_transform
    from typing import overload as overload
else:
    from _collections import _tuplegetter
    from types import FunctionType, NoneType

    from ring3k.compiled import code

    _SCOPE = {"_new": tuple.__new__}
    _constructors = {}  # their code by number of fields

    def _constructor(fields, defaults):
        count = len(fields)
        inner = _constructors.get(count)
        if inner is None:
            names = "".join(f"a{n}, " for n in range(count))
            made = code(f"lambda _cls, {names}: _new(_cls, ({names}))", f"tuple of {count}", "eval")
            inner = next(one for one in made.co_consts if hasattr(one, "co_varnames"))
            _constructors[count] = inner = inner.replace(co_name="__new__", co_qualname="__new__")
        return FunctionType(inner.replace(co_varnames=("_cls", *fields)), _SCOPE, "__new__", defaults)

    def _make(cls, values):
        return tuple.__new__(cls, values)

    def _replace(self, /, **changes):
        made = self._make(map(changes.pop, self._fields, self))
        if changes:
            raise ValueError(f"{type(self).__name__} has no field {next(iter(changes))!r}")
        return made

    def _asdict(self):
        return dict(zip(self._fields, self, strict=True))

    def _getnewargs(self):
        return tuple(self)

    def _repr(self):
        inner = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({inner})"

    class _Maker(type):
        """Makes a plain class of tuples out of what would be a subclass."""

        def __new__(cls, name, bases, space):
            if not bases:
                return type.__new__(cls, name, bases, space)
            fields = tuple(space.get("__annotations__", ()))
            defaults = tuple(space.pop(field) for field in fields if field in space)
            if any(field.startswith("_") for field in fields) or bases != (NamedTuple,):
                raise TypeError(f"{name}: fields have plain names, and there is no other base")
            space.update((field, _tuplegetter(n, "")) for n, field in enumerate(fields))
            space["__new__"] = _constructor(fields, defaults)
            for key, value in _COMMON.items():
                space.setdefault(key, value)
            space["__slots__"] = ()
            space["_fields"] = space["__match_args__"] = fields
            return type(name, (tuple,), space)

    _COMMON = {
        "_make": classmethod(_make),
        "_replace": _replace,
        "_asdict": _asdict,
        "__getnewargs__": _getnewargs,
        "__repr__": _repr,
    }

    class NamedTuple(metaclass=_Maker):
        """Of a class with annotated fields."""

    class _EnumMaker(type):
        """Makes members of what is set in the class."""

        def __new__(cls, name, bases, space):
            made = type.__new__(cls, name, bases, space)
            made._members = {}
            for key, value in space.items():
                if not key.startswith("_"):
                    one = int.__new__(made, value) if issubclass(made, int) else object.__new__(made)
                    one.name, one.value = key, value
                    setattr(made, key, one)
                    made._members[value] = one
            return made

        def __call__(cls, value):
            if value not in cls._members:
                raise ValueError(f"{value!r} is not a valid {cls.__name__}")
            return cls._members[value]

        def __iter__(cls):
            return iter(cls._members.values())

    class Enum(metaclass=_EnumMaker):
        """Members with names and values; a subclass has nothing else."""

        def __repr__(self):
            return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

        def __reduce__(self):
            return type(self), (self.value,)

    class IntEnum(Enum, int):
        """Members are numbers."""

        __str__ = int.__repr__

    IntFlag = IntEnum

    class Protocol:
        """What an object must have; not asked at run time."""

    class _Form:
        """Only of interest to a type checker."""

        def __getitem__(self, parameters):
            return self

        def __or__(self, other):
            return Alias(self, (self, NoneType if other is None else other))

        __ror__ = __or__

    class TypeVar(_Form):
        def __init__(self, name, *constraints, bound=None):
            self.__name__ = name

    class Alias(_Form):
        """A type made of others; ``|`` makes one without an origin of its own."""

        def __init__(self, origin, args, metadata=None):
            self.__origin__ = origin
            self.__args__ = args
            if metadata is not None:
                self.__metadata__ = metadata

        def __mro_entries__(self, bases):
            return (self.__origin__,)

        def __getitem__(self, given):
            """With the type variable, of which there is one, replaced."""
            args = tuple(given if isinstance(one, TypeVar) else one for one in self.__args__)
            metadata = getattr(self, "__metadata__", None)
            return Alias(self.__origin__, args) if metadata is None else _annotated(args[0], metadata)

    def _annotated(origin, metadata):
        """As ``typing`` has it: what was annotated already gets more metadata."""
        inner = getattr(origin, "__metadata__", ())
        return Alias(origin.__origin__ if inner else origin, (origin,), (*inner, *metadata))

    class _Annotated(_Form):
        def __getitem__(self, parameters):
            return _annotated(parameters[0], parameters[1:])

    class Generic:
        """Of a class with type variables."""

        __slots__ = ()

        def __class_getitem__(cls, parameters):
            if cls is Generic:
                return cls
            return Alias(cls, parameters if isinstance(parameters, tuple) else (parameters,))

    Annotated = _Annotated()
    Any = ClassVar = IO = Literal = NoReturn = Self = TextIO = TypeAlias = _Form()

    def dataclass_transform():
        return lambda kind: kind

    def overload(function):
        return function

    final = overload
