"""``ring3k stat`` and ``ring3k syscalls``: what is declared, and how far it goes.

Both read declarations only; no engine and no guest is needed.
"""

from __future__ import annotations

import json
import os
from fnmatch import fnmatchcase

from ring3k.abi.call import CallSet, Declaration, Support
from ring3k.abi.tables import VERSIONS, table
from ring3k.abi.types import Parameter
from ring3k.calls import all_calls
from ring3k.cli import Complaint
from ring3k.cli.options import Options

_COLUMNS = (*(s.value for s in Support), "undeclared")


def counts(calls: CallSet) -> dict[str, dict[str, int]]:
    """Per version of Windows: how many calls it has, and how much of them is there."""
    result = {}
    for version in VERSIONS:
        numbers = table(version)
        row = {"total": len(numbers), **dict.fromkeys(_COLUMNS, 0)}
        for name in numbers:
            found = calls.get(name)
            row[found.support.value if found is not None else "undeclared"] += 1
        result[version] = row
    return result


def stat(options: Options) -> int:
    tables = counts(all_calls())
    if options.json:
        print(json.dumps({"tables": tables}))
        return 0
    print("table  total" + "".join(f"  {name}" for name in _COLUMNS))
    for version, row in tables.items():
        cells = "".join(f"  {row[name]:{len(name)}}" for name in _COLUMNS)
        print(f"{version}   {row['total']:5}{cells}")
    return 0


def syscalls(options: Options) -> int:
    calls = all_calls()
    names = sorted({name for version in VERSIONS for name in table(version)} | set(calls))
    if options.name is None:
        for name in names:
            found = calls.get(name)
            print(f"{name:52}{found.support.value if found else 'undeclared'}")
        return 0
    pattern = options.name
    if pattern.startswith("Zw"):
        pattern = "Nt" + pattern[2:]
    matching = [name for name in names if fnmatchcase(name.lower(), pattern.lower())]
    if not matching:
        import difflib

        near = difflib.get_close_matches(pattern, names, 3, 0.7)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise Complaint(f"no version of Windows has a system call {options.name}{hint}", 1)
    print("\n\n".join(_describe(name, calls.get(name)) for name in matching))
    return 0


def _describe(name: str, declaration: Declaration | None) -> str:
    lines = []
    if declaration is None:
        lines.append(f"{name}(...)")
    elif not declaration.parameters:
        lines.append(f"NTSTATUS {name}(VOID)")
    else:
        lines.append(f"NTSTATUS {name}(")
        lines += [f"    {one}," for one in map(_parameter, declaration.parameters)]
        lines[-1] = lines[-1][:-1] + ")"
    if declaration is not None and declaration.doc:
        lines += ["", *(f"  {line}".rstrip() for line in declaration.doc.splitlines()), ""]
    numbers = [(version, table(version).numbers.get(name)) for version in VERSIONS]
    lines.append(
        "  numbers  "
        + "  ".join(f"{v} {f'{n:#06x}' if n is not None else '-':6}" for v, n in numbers).rstrip()
    )
    if declaration is None:
        lines.append("  support  undeclared")
        return "\n".join(lines)
    note = f": {declaration.note}" if declaration.note else ""
    lines.append(f"  support  {declaration.support.value}{note}")
    file, line = declaration.place
    lines.append(f"  where    {os.path.relpath(file) if _below_here(file) else file}:{line}")
    return "\n".join(lines)


def _below_here(file: str) -> bool:
    return os.path.realpath(file).startswith(os.path.realpath(os.curdir) + os.sep)


def _parameter(p: Parameter) -> str:
    """As a C prototype with the directions of the Windows headers."""
    if p.kind == "value":
        return f"IN {p.codec.name} {p.windows_name}"
    direction = {"in": "IN", "inbuffer": "IN", "inout": "IN OUT"}.get(p.kind, "OUT")
    what = "VOID" if p.codec is None else getattr(p.codec, "name", None) or p.codec.__name__
    text = f"{direction} {what} *{p.windows_name}"
    if p.optional:
        text += " OPTIONAL"
    if p.sized is not None:
        factor = f" * {p.sized.unit_size()}" if p.sized.unit_size() != 1 else ""
        name = "".join(part.capitalize() for part in p.sized.parameter.split("_"))
        text += f" /* {'*' if p.sized.indirect else ''}{name}{factor} bytes */"
    return text
