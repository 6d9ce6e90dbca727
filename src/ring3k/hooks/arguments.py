"""The parameters of a call under a hook, by name.

Decoded when asked for, from the argument words, with the same codecs the kernel
uses.  A value read here is a second read of guest memory: what the kernel uses is
captured by its own decoder, so a guest that races its own arguments can fool a
hook, never the kernel.
"""

from __future__ import annotations

from ring3k.abi.status import NtError
from ring3k.abi.types import InBuffer, Parameter
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.hooks.calls import Call


class BadPointer(int):
    """The address of an input that cannot be read."""

    def __repr__(self) -> str:
        return f"bad pointer {int(self):#x}"

    __str__ = __repr__


def raw(parameter: Parameter, words: list[int]) -> int:
    """The argument word (two for 64-bit values), unsigned."""
    value = words[parameter.index]
    return value | words[parameter.index + 1] << 32 if parameter.words == 2 else value


def by_value(parameter: Parameter, words: list[int]) -> int | bool:
    """A parameter passed by value, as the handler gets it."""
    codec = parameter.codec
    width = codec.size or 4
    value = raw(parameter, words) & ((1 << width * 8) - 1)
    if codec.style == "bool":
        return value != 0
    return value - (1 << width * 8) if codec.signed and value >> (width * 8 - 1) else value


class Arguments:
    """``call.args``: inputs by value, outputs by address; assigning replaces the argument word."""

    __slots__ = ("_cache", "_call")
    _call: Call
    _cache: dict[str, Any]

    def __init__(self, call: Call) -> None:
        object.__setattr__(self, "_call", call)
        object.__setattr__(self, "_cache", {})

    def __getattr__(self, name: str) -> Any:
        if name not in self._cache:
            self._cache[name] = self._decode(self._parameter(name))
        return self._cache[name]

    def __setattr__(self, name: str, value: int | None) -> None:
        parameter = self._parameter(name)
        words = self._words()
        value = int(value or 0)
        words[parameter.index] = value & 0xFFFFFFFF
        if parameter.words == 2:
            words[parameter.index + 1] = value >> 32 & 0xFFFFFFFF
        self._cache.clear()  # a buffer's size may be another parameter

    def __dir__(self) -> list[str]:
        return [p.name for p in self._call.declaration.parameters]

    def __repr__(self) -> str:
        if self._call.words is None:
            return "<unreadable>"
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__dir__())

    def _words(self) -> list[int]:
        if self._call.words is None:
            raise AttributeError(f"the stack with the arguments of this {self._call.name} cannot be read")
        return self._call.words

    def _parameter(self, name: str) -> Parameter:
        for parameter in self._call.declaration.parameters:
            if parameter.name == name:
                return parameter
        raise AttributeError(
            f"{self._call.name} has no parameter {name!r}; it has: {', '.join(self.__dir__())}"
        )

    def _decode(self, parameter: Parameter) -> Any:
        words = self._words()
        if parameter.kind == "value":
            return by_value(parameter, words)
        address = words[parameter.index]
        if not address and parameter.optional:
            return None
        if parameter.kind not in ("in", "inbuffer"):
            return address
        memory = self._call.memory
        try:
            if parameter.kind == "in":
                return parameter.codec.load(memory, address)
            return InBuffer.at(memory, address, self._size(parameter))
        except NtError:
            return BadPointer(address)

    def _size(self, parameter: Parameter) -> int:
        """Bytes of a buffer, as its declaration says."""
        sized, measure, words = parameter.sized, parameter.measure, self._words()
        if sized is None or measure is None:
            return 0
        if measure.kind == "value":
            size = int(by_value(measure, words))
        else:
            address = words[measure.index]
            size = measure.codec.load(self._call.memory, address) if address else 0
        return size * sized.unit_size()


class Results:
    """``call.results``: what stands in an output parameter's memory now; None for NULL."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def __getattr__(self, name: str) -> Any:
        parameter = self._call.args._parameter(name)
        if parameter.kind not in ("out", "inout"):
            raise AttributeError(f"{name} of {self._call.name} is not an output value")
        address = self._call.args._words()[parameter.index]
        if not address:
            return None
        try:
            return parameter.codec.load(self._call.memory, address)
        except NtError:
            return BadPointer(address)
