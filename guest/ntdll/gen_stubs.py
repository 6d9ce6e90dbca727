"""Generate ntdll's system call stubs and their export list from a number table.

The table is tab separated: name, argument words and the number in each version (nt40, nt50, nt51, nt52), or
name, argument words and one number for the version asked for; lines that begin with `#` are remarks. `args`
counts 32-bit stack words; `A/B` means A on NT 4.0 and 2000, B from XP on. A row whose count is `?` cannot
have a stub (stdcall pops its arguments) and is left out with a note on stderr.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

VERSIONS = ("nt40", "nt50", "nt51", "nt52")
INT2E_TABLES = frozenset({"nt40", "nt50"})


class Stub(NamedTuple):
    """One system call: its Nt name, number and count of stack words."""

    name: str
    number: int
    args: int


def argument_words(text: str, table: str) -> int | None:
    """Return the count for `table`, or None where it is not established."""
    before, slash, after = text.partition("/")
    chosen = after if slash and table not in INT2E_TABLES else before
    return int(chosen) if chosen.isdigit() else None


def read_table(path: Path, table: str) -> tuple[list[Stub], list[str]]:
    """Return the stubs of `table` in order of number, and the names that had to be left out."""
    stubs: list[Stub] = []
    skipped: list[str] = []
    for line in path.read_text(encoding="ascii").splitlines():
        if not line or line.startswith(("#", "name\t")):
            continue
        name, args, *numbers = line.split("\t")
        number = numbers[0] if len(numbers) == 1 else numbers[VERSIONS.index(table)]
        words = argument_words(args, table)
        if not number:
            continue
        if words is None:
            skipped.append(name)
        else:
            stubs.append(Stub(name, int(number, 0), words))
    return sorted(stubs, key=lambda stub: stub.number), skipped


def assembly(stubs: list[Stub], table: str) -> str:
    """Return the stubs as GNU assembly, entered as the system of `table` enters its kernel."""
    if table in INT2E_TABLES:
        enter = ["leal 4(%esp), %edx", "int $0x2e"]
    else:
        enter = ["movl $0x7ffe0300, %edx", "call *(%edx)"]
    out = [".text"]
    for stub in stubs:
        zw = "Zw" + stub.name[2:]
        size = stub.args * 4
        out += [".p2align 2"]
        for name in (stub.name, zw):
            out += [f".globl _{name}@{size}", f"_{name}@{size}:"]
        out += [f"\tmovl $0x{stub.number:x}, %eax", *(f"\t{line}" for line in enter)]
        out += [f"\tret ${size}" if size else "\tret"]
    return "\n".join(out) + "\n"


def definitions(stubs: list[Stub]) -> str:
    """Return the module definition file that exports every stub under both of its names."""
    names = [prefix + stub.name[2:] for stub in stubs for prefix in ("Nt", "Zw")]
    return "EXPORTS\n" + "\n".join(sorted(names)) + "\n"


def main() -> int:
    """Write the assembly and the export list."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("table_file", type=Path)
    parser.add_argument("--table", required=True, choices=VERSIONS)
    parser.add_argument("--asm", required=True, type=Path)
    parser.add_argument("--def", required=True, type=Path, dest="definition")
    options = parser.parse_args()
    stubs, skipped = read_table(options.table_file, options.table)
    options.asm.write_text(assembly(stubs, options.table), encoding="ascii")
    options.definition.write_text(definitions(stubs), encoding="ascii")
    if skipped:
        print(f"gen_stubs: {options.table}: no argument count, no stub: {' '.join(skipped)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
