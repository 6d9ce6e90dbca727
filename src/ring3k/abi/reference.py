"""The reference pages of all system calls, written from the declarations.

One page a room, an index, and a page of the named values that parameters take.
Nothing in a page changes when a handler merely moves within its file, so pages
change only when declarations do.  ``scripts/reference`` writes them.
"""

from __future__ import annotations

from collections.abc import Iterable

from ring3k.abi.call import CallSet, Declaration, Support
from ring3k.abi.tables import VERSIONS, table
from ring3k.abi.types import Parameter, Scalar
from ring3k.typed import Any

_DIRECTIONS = {
    "value": "in",
    "in": "in",
    "inbuffer": "in",
    "inout": "in, out",
    "out": "out",
    "outbuffer": "out",
}
ROOMS = {
    "cm": "configuration manager, the registry",
    "ex": "executive: events, timers, system information, and much else",
    "io": "files, devices, pipes, completion ports",
    "ke": "kernel: exceptions, contexts, callbacks",
    "lpc": "ports and messages",
    "mm": "virtual memory and sections",
    "ob": "objects, handles, names, waits",
    "ps": "processes, threads, jobs, debugging",
    "se": "tokens, access checks, audit",
    "win32k": "windows, messages, graphics objects (USER and GDI)",
    "userland": "calls that only an ntdll for another kernel makes",
}
_HEAD = "<!-- Written by scripts/reference from the declarations: change those, not this page. -->\n\n"


def pages(calls: CallSet) -> dict[str, str]:
    """File name -> contents."""
    rooms: dict[str, list[Declaration]] = {}
    for declaration in calls.values():
        rooms.setdefault(room_of(declaration), []).append(declaration)
    found = {
        f"{room}.md": _room(room, sorted(members, key=lambda d: d.name))
        for room, members in sorted(rooms.items())
    }
    found["index.md"] = _index(rooms)
    found["values.md"] = _values(calls.values())
    return found


def room_of(declaration: Declaration) -> str:
    """ring3k.<room>.<module> -> <room>"""
    return str(declaration.handler.__module__).split(".")[1]


def _index(rooms: dict[str, list[Declaration]]) -> str:
    lines = [
        _HEAD + "# System calls",
        "",
        "What each call takes and how far it goes. [Named values](values.md) have their own page.",
        "",
        "| room | | implemented | partial | declared |",
        "|---|---|---|---|---|",
    ]
    for room, members in sorted(rooms.items()):
        counts = [sum(d.support is s for d in members) for s in Support]
        lines.append(
            f"| [{room}]({room}.md) | {ROOMS.get(room, '')} | {counts[0]} | {counts[1]} | {counts[2]} |"
        )
    lines += ["", "| call | room | " + " | ".join(VERSIONS) + " | support |", "|---|---|" + "---|" * 5]
    everything = sorted((d for members in rooms.values() for d in members), key=lambda d: d.name)
    for declaration in everything:
        room = room_of(declaration)
        numbers = " | ".join(_number(declaration.name, version) for version in VERSIONS)
        link = f"[{declaration.name}]({room}.md#{declaration.name.lower()})"
        lines.append(f"| {link} | {room} | {numbers} | {declaration.support.value} |")
    return "\n".join(lines) + "\n"


def _room(room: str, members: list[Declaration]) -> str:
    lines = [_HEAD + f"# {room}: {ROOMS.get(room, room)}", ""]
    for declaration in members:
        lines += _call(declaration)
    return "\n".join(lines)


def _call(declaration: Declaration) -> list[str]:
    lines = [f"## {declaration.name}", "", declaration.doc, ""]
    if declaration.parameters:
        lines += ["| | direction | type | |", "|---|---|---|---|"]
        lines += [_row(p) for p in declaration.parameters]
        lines.append("")
    numbers = [f"{v} {_number(declaration.name, v)}" for v in VERSIONS if _number(declaration.name, v)]
    note = f" ({declaration.note})" if declaration.note else ""
    module = str(declaration.handler.__module__).replace(".", "/")
    waits = "May wait. " if declaration.blocks else ""
    lines += [f"{waits}**{declaration.support.value}**{note}; {', '.join(numbers)}; in `src/{module}.py`", ""]
    return lines


def _number(name: str, version: str) -> str:
    number = table(version).numbers.get(name)
    return "" if number is None else f"{number:#x}"


def _row(p: Parameter) -> str:
    remarks = ["may be NULL"] if p.optional else []
    if p.sized is not None and p.measure is not None:
        size = ("*" if p.sized.indirect else "") + p.measure.windows_name
        unit = p.sized.unit if isinstance(p.sized.unit, int) else 0
        if unit == 1:
            remarks.append(f"{size} bytes")
        elif unit:
            remarks.append(f"{size} × {unit} bytes")
        else:
            remarks.append(f"{size} × {getattr(p.sized.unit, '__name__', 'pointer')}")
        if p.sized.align > 1:
            remarks.append(f"aligned to {p.sized.align}")
    return f"| {p.windows_name} | {_DIRECTIONS[p.kind]} | {_type(p)} | {', '.join(remarks)} |"


def _type(p: Parameter) -> str:
    if p.codec is None:
        return "bytes"
    name: str = getattr(p.codec, "name", None) or p.codec.__name__
    scalar = p.codec if isinstance(p.codec, Scalar) else None
    if scalar is not None and scalar.access:
        name = f"{name} of {scalar.access}"
    elif scalar is not None and scalar.values:
        name = f"[{_heading(scalar)}](values.md#{_anchor(scalar)})"
    return f"{name}*" if p.kind != "value" else name


# -- named values --------------------------------------------------------------------
def _heading(scalar: Scalar) -> str:
    return (scalar.group or scalar.name).replace("*", "\\*")


def _anchor(scalar: Scalar) -> str:
    """As GitHub makes anchors of headings."""
    return "".join("-" if c == " " else c for c in _heading(scalar).lower() if c.isalnum() or c in "_- ")


def _values(declarations: Iterable[Declaration]) -> str:
    found: dict[str, dict[str, str]] = {}
    for declaration in declarations:
        for p in declaration.parameters:
            codec: Any = p.codec
            if isinstance(codec, Scalar) and codec.values:
                names = found.setdefault(_heading(codec), {})
                names |= {name: f"{v:#x}" if codec.flags else str(v) for v, name in codec.values}
    lines = [_HEAD + "# Named values", ""]
    for heading, names in sorted(found.items()):
        lines += [f"## {heading}", "", "| value | name |", "|---|---|"]
        lines += [
            f"| {value} | {name} |" for name, value in sorted(names.items(), key=lambda n: int(n[1], 0))
        ]
        lines.append("")
    return "\n".join(lines)
