"""Write the export list of one ntdll version from the list of all.

`exports.def` has one name a line; `name = symbol` exports a symbol under another name, `DATA` marks a
variable, and `@nt51` (after a name) says that versions before that one do not have it. Names that are
system calls in this version are left to the stubs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

VERSIONS = ("nt40", "nt50", "nt51", "nt52")


def select(text: str, table: str, stubs: frozenset[str]) -> list[str]:
    """Return the definition lines for `table`, sorted, without what `stubs` exports already."""
    chosen: list[str] = []
    for line in text.splitlines():
        words = line.split(";")[0].split()
        if not words:
            continue
        since = [word[1:] for word in words if word.startswith("@")]
        if since and VERSIONS.index(table) < VERSIONS.index(since[0]):
            continue
        if words[0] not in stubs:
            chosen.append(" ".join(word for word in words if not word.startswith("@")))
    return sorted(chosen)


def main() -> None:
    """Print the definition file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("list", type=Path)
    parser.add_argument("--table", required=True, choices=VERSIONS)
    parser.add_argument("--stubs", required=True, type=Path)
    options = parser.parse_args()
    stub_lines = options.stubs.read_text(encoding="ascii").splitlines()[1:]
    lines = select(options.list.read_text(encoding="ascii"), options.table, frozenset(stub_lines))
    # The linker takes the name of the DLL and the order of its exports from one file.
    print("LIBRARY ntdll.dll\nEXPORTS\n" + "\n".join(sorted(lines + stub_lines)))


if __name__ == "__main__":
    main()
