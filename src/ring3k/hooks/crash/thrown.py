"""What was thrown: the types of a C++ exception as Microsoft's compilers describe them.

ExceptionInformation is a magic number, the object, and a ThrowInfo that leads to
the names of the types by which it can be caught, its own first.  All of it is the
guest's memory.
"""

from __future__ import annotations

from ring3k.abi.memory import Memory
from ring3k.abi.status import NtError
from ring3k.hooks.crash.surroundings import read_text

CXX_EXCEPTION = 0xE06D7363
_MAGIC = range(0x19930520, 0x19930530)
_MOST_TYPES = 16
_CATCHABLE_TYPES = 0xC  # in a ThrowInfo
_DESCRIPTOR = 0x4  # in a CatchableType
_NAME = 0x8  # in a TypeDescriptor
_WHAT = 0x4  # in a std::exception
_MASK = 0xFFFFFFFF
_SIMPLE = {
    "H": "int",
    "I": "unsigned int",
    "J": "long",
    "K": "unsigned long",
    "D": "char",
    "E": "unsigned char",
    "F": "short",
    "G": "unsigned short",
    "M": "float",
    "N": "double",
    "_N": "bool",
    "_J": "__int64",
    "_K": "unsigned __int64",
    "_W": "wchar_t",
    "PAD": "char *",
    "PBD": "const char *",
    "PA_W": "wchar_t *",
    "PB_W": "const wchar_t *",
    "PAX": "void *",
    "PAH": "int *",
}


def thrown_types(memory: Memory, parameters: tuple[int, ...]) -> list[str]:
    """Names of the types, the most derived first."""
    if len(parameters) < 3 or parameters[0] not in _MAGIC or not parameters[2]:
        return []
    names = []
    try:
        array = memory.read_u32((parameters[2] + _CATCHABLE_TYPES) & _MASK)
        for index in range(min(memory.read_u32(array), _MOST_TYPES)):
            one = memory.read_u32((array + 4 + 4 * index) & _MASK)
            descriptor = memory.read_u32((one + _DESCRIPTOR) & _MASK)
            name = read_text(memory, (descriptor + _NAME) & _MASK)
            if name:
                names.append(plain_name(name))
    except NtError:
        pass
    return names


def what(memory: Memory, parameters: tuple[int, ...], types: list[str]) -> str | None:
    """The text of a std::exception."""
    if not {"std::exception", "exception"}.intersection(types):
        return None
    try:
        return read_text(memory, memory.read_u32((parameters[1] + _WHAT) & _MASK)) or None
    except NtError:
        return None


def plain_name(decorated: str) -> str:
    """``.?AVruntime_error@std@@`` as ``std::runtime_error``; what is harder than that stays as it is."""
    text = decorated.removeprefix(".")
    if text in _SIMPLE:
        return _SIMPLE[text]
    pointer = ""
    for start, mark in (
        ("PAV", " *"),
        ("PAU", " *"),
        ("PBV", " const *"),
        ("?AV", ""),
        ("?AU", ""),
        ("?AW4", ""),
    ):
        if text.startswith(start):
            text, pointer = text.removeprefix(start), mark
            break
    else:
        return decorated
    if not text.endswith("@@") or "?" in text or "$" in text:
        return decorated
    return "::".join(reversed(text[:-2].split("@"))) + pointer
