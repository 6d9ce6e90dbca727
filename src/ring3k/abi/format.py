"""Argument words as a person reads them (traces) and as plain values (JSON).

Nothing here may fail: whatever a guest passes, and whatever it does to its
memory meanwhile, becomes text.  A pointer that cannot be read is shown as
``0xdeadbeef <bad>``, one whose contents NT would refuse with the status.  All
reading is bounded, however long a guest says its string is.

``moment`` is "enter" (outputs are only addresses), "exit" (outputs are shown
with their new value) or "failed" (outputs of a failed call mean nothing).
"""

from __future__ import annotations

from collections.abc import Sequence

from ring3k.abi.access import access_names
from ring3k.abi.memory import Memory
from ring3k.abi.status import GuestFault, NtError, status_name
from ring3k.abi.strings import OBJ_VALID_ATTRIBUTES, UNICODE_STRING, ObjectAttributes
from ring3k.abi.struct import Blob, Structure
from ring3k.abi.types import Parameter, Scalar
from ring3k.typed import Any

SHOWN_CHARACTERS = 80
SHOWN_FIELDS = 12
SHOWN_ELEMENTS = 8
_PSEUDO_HANDLES = {0xFFFFFFFF: "NtCurrentProcess()", 0xFFFFFFFE: "NtCurrentThread()"}
_TICKS = 10_000_000  # of 100 ns in a second


def format_parameter(
    parameter: Parameter, words: Sequence[int], memory: Memory, moment: str = "enter", pointer: int = 4
) -> str:
    """One parameter as text."""
    if parameter.index + parameter.words > len(words):
        return "?"
    if parameter.kind == "value":
        value = _by_value(parameter, words)
        if parameter.codec.target is not None and value:
            return _guarded(
                value, lambda: f"{value:#x} {_show(parameter.codec.target, memory, value, pointer)}"
            )
        return show_scalar(parameter.codec, value)
    address = words[parameter.index]
    if not address:
        infinite = getattr(parameter.codec, "style", "") == "timeout"
        return "infinite" if infinite and parameter.optional else "NULL"
    if parameter.kind in ("inbuffer", "outbuffer"):
        return _guarded(address, lambda: f"{address:#x}[{_length(parameter, words, memory)}]")
    if parameter.kind == "in" or (parameter.kind == "inout" and moment == "enter"):
        return _guarded(address, lambda: _show(parameter.codec, memory, address, pointer))
    if moment != "exit":
        return f"{address:#x}"
    return _guarded(address, lambda: f"out {_show(parameter.codec, memory, address, pointer)}")


def decode_parameter(
    parameter: Parameter, words: Sequence[int], memory: Memory, moment: str = "enter", pointer: int = 4
) -> Any:
    """One parameter as a value that JSON can carry: numbers, names, text, objects; None for NULL."""
    if parameter.index + parameter.words > len(words):
        return None
    if parameter.kind == "value":
        return plain_scalar(parameter.codec, _by_value(parameter, words))
    address = words[parameter.index]
    if not address:
        return None
    try:
        if parameter.kind in ("inbuffer", "outbuffer"):
            return {"address": address, "length": _length(parameter, words, memory)}
        if parameter.kind == "in" or (parameter.kind == "inout" and moment != "failed") or moment == "exit":
            return _plain(parameter.codec, memory, address, pointer)
    except GuestFault:
        return {"address": address, "bad": True}
    except NtError as error:
        return {"address": address, "refused": status_name(error.status)}
    return {"address": address}


def _guarded(address: int, show: Any) -> str:
    try:
        text: str = show()
    except GuestFault:
        return f"{address:#x} <bad>"
    except NtError as error:
        return f"{address:#x} <{status_name(error.status)}>"
    return text


def _by_value(parameter: Parameter, words: Sequence[int]) -> int:
    """The argument words of a by-value parameter, in its own width and sign."""
    codec: Scalar = parameter.codec
    value = words[parameter.index]
    if parameter.words == 2:
        value |= words[parameter.index + 1] << 32
    width = codec.width(4) * 8
    value &= (1 << width) - 1
    return value - (1 << width) if codec.signed and value >> (width - 1) else value


def _length(parameter: Parameter, words: Sequence[int], memory: Memory) -> int:
    sized, measure = parameter.sized, parameter.measure
    if sized is None or measure is None:
        return 0
    size: int
    if measure.kind == "value":
        size = _by_value(measure, words)
    elif not words[measure.index]:
        size = 0
    else:
        size = measure.codec.load(memory, words[measure.index])
    return size * sized.unit_size()


# -- what is behind a pointer ------------------------------------------------------
def _show(codec: Any, memory: Memory, address: int, pointer: int) -> str:
    if isinstance(codec, Scalar):
        return show_scalar(codec, codec.load(memory, address, pointer))
    if isinstance(codec, type) and issubclass(codec, Structure):
        return show_structure(codec.load(memory, address, pointer), pointer)
    if getattr(codec, "name", "") == "UNICODE_STRING":
        return _string(memory, address, pointer)
    value = codec.load(memory, address, pointer)
    if isinstance(value, ObjectAttributes):
        return _object_attributes(value)
    return quoted(value) if isinstance(value, str) else repr(value)


def _plain(codec: Any, memory: Memory, address: int, pointer: int) -> Any:
    if isinstance(codec, Scalar):
        return plain_scalar(codec, codec.load(memory, address, pointer))
    value = codec.load(memory, address, pointer)
    if isinstance(value, Structure):
        return plain_structure(value, pointer)
    if isinstance(value, ObjectAttributes):
        return {
            "root": value.root,
            "name": value.name,
            "attributes": _flag_names(value.attributes, _object_flags()).split("|"),
            "security_descriptor": value.security_descriptor,
        }
    return value


def _string(memory: Memory, address: int, pointer: int) -> str:
    """A UNICODE_STRING; no more of it is read than is shown."""
    header = UNICODE_STRING.load(memory, address, pointer)
    if not header.Length:
        return '""'
    shown = min(header.Length & ~1, 2 * SHOWN_CHARACTERS)
    text = memory.read(header.Buffer, shown).decode("utf-16-le", "surrogatepass")
    return quoted(text) + ("..." if shown < header.Length & ~1 else "")


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(text: str) -> str:
    """In double quotes, with everything that could disturb a terminal escaped, and shortened."""
    out = []
    for character in text[:SHOWN_CHARACTERS]:
        if character in _ESCAPES:
            out.append(_ESCAPES[character])
        elif character.isprintable():
            out.append(character)
        else:
            code = ord(character)
            out.append(f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    return '"' + "".join(out) + '"' + ("..." if len(text) > SHOWN_CHARACTERS else "")


def _object_flags() -> tuple[tuple[int, str], ...]:
    from ring3k.abi import strings

    return tuple(
        (value, name)
        for name, value in vars(strings).items()
        if name.startswith("OBJ_") and value != OBJ_VALID_ATTRIBUTES
    )


def _object_attributes(value: ObjectAttributes) -> str:
    parts = []
    if value.root:
        parts.append(f"{value.root:#x}")
    parts.append("NULL" if value.name is None else quoted(value.name))
    if value.attributes:
        parts.append(_flag_names(value.attributes, _object_flags()))
    return "{" + ", ".join(parts) + "}"


# -- structures ----------------------------------------------------------------------
def show_structure(value: Structure, pointer: int = 4) -> str:
    """{Field=value, ...}, without fields that nobody looks into."""
    fields = [f for f in value.layout(pointer).fields if not isinstance(f.kind, Blob)]
    shown = [
        f"{field.name}={_show_field(field.kind, getattr(value, field.name), pointer)}"
        for field in fields[:SHOWN_FIELDS]
    ]
    if len(fields) > SHOWN_FIELDS:
        shown.append("...")
    return "{" + ", ".join(shown) + "}"


def _show_field(kind: Any, value: Any, pointer: int) -> str:
    if isinstance(kind, Scalar):
        return show_scalar(kind, value)
    if isinstance(value, Structure):
        return show_structure(value, pointer)
    if isinstance(value, list):
        shown = [f"{v:#x}" if isinstance(v, int) else show_structure(v, pointer) for v in value]
        return "[" + ", ".join(shown[:SHOWN_ELEMENTS] + ["..."] * (len(shown) > SHOWN_ELEMENTS)) + "]"
    return "..."


def plain_structure(value: Structure, pointer: int = 4) -> dict[str, Any]:
    """A structure as a dictionary."""
    result: dict[str, Any] = {}
    for field in value.layout(pointer).fields:
        inner = getattr(value, field.name)
        if isinstance(inner, Structure):
            result[field.name] = plain_structure(inner, pointer)
        elif isinstance(field.kind, Scalar):
            result[field.name] = plain_scalar(field.kind, inner)
        elif isinstance(inner, bytes):
            result[field.name] = inner.hex()
        elif isinstance(inner, list):
            result[field.name] = [
                plain_structure(v, pointer) if isinstance(v, Structure) else v for v in inner
            ]
    return result


# -- scalars -------------------------------------------------------------------------
def show_scalar(codec: Scalar, value: int) -> str:
    """A number as its type says: a name, names of bits, a time, a status, or just a number."""
    style = codec.style
    if style == "enum":
        return dict(codec.values).get(value) or f"{value:#x}"
    if style == "flags":
        return _flag_names(value, codec.values)
    if style == "access":
        return access_names(value, codec.access)
    if style == "status":
        return show_status(value & 0xFFFFFFFF)
    if style == "bool":
        return "TRUE" if value else "FALSE"
    if style == "handle":
        return _PSEUDO_HANDLES.get(value) or (f"{value:#x}" if value else "NULL")
    if style == "timeout":
        return show_timeout(value)
    if style == "time":
        return show_time(value)
    if style == "dec":
        return str(value)
    if codec.size == 0 and not value and codec.name.startswith("P"):
        return "NULL"
    return str(value) if 0 <= value < 10 else f"{value:#x}"


def show_status(status: int) -> str:
    """By name; small numbers without one are what programs exit with."""
    name = status_name(status)
    return str(status) if name.startswith("0x") and status < 0x10000 else name


def plain_scalar(codec: Scalar, value: int) -> Any:
    """Named values by name, bit words as a list of names, everything else as a number."""
    style = codec.style
    if style == "bool":
        return bool(value)
    if style in ("enum", "status"):
        return show_scalar(codec, value)
    if style in ("flags", "access"):
        return show_scalar(codec, value).split("|") if value else []
    return value


def _flag_names(value: int, names: tuple[tuple[int, str], ...]) -> str:
    found = []
    for bit, name in names:
        if value & bit == bit:
            found.append(name)
            value &= ~bit
    if value or not found:
        found.append(f"{value:#x}" if value else "0")
    return "|".join(found)


def show_timeout(value: int) -> str:
    """Negative: so long from now; positive: a point in time."""
    if value == 0:
        return "0"
    if value > 0:
        return f"until {show_time(value)}"
    if value <= -_TICKS:
        return f"{value / _TICKS:g} s"
    return f"{value / 10_000:g} ms"


def show_time(value: int) -> str:
    """100 ns since 1601 as a date; what no calendar has as a number."""
    seconds, fraction = divmod(value, _TICKS)
    days, second = divmod(seconds, 86_400)
    if not 0 < days < 3_000_000:
        return str(value)
    import datetime as dt

    date = dt.date.fromordinal(dt.date(1601, 1, 1).toordinal() + days)
    return f"{date} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.{fraction:07}"
