"""Registry files as text: what REGEDIT reads and writes.

Both formats are read, "REGEDIT4" (a code page) and "Windows Registry Editor
Version 5.00" (usually UTF-16); the second is written.  ``str(TYPE):"..."``,
which some programs write for strings that are not REG_SZ, is understood, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from ring3k.abi.structs.cm import REG_BINARY, REG_DWORD, REG_MULTI_SZ, REG_SZ
from ring3k.typed import NamedTuple

IF_MISSING, IF_PRESENT, APPEND = 1, 2, 3  # a change of a value with a condition; strings added to others
HEAD4 = "REGEDIT4"
HEAD5 = "Windows Registry Editor Version 5.00"

MACHINE, USER = "\\Registry\\Machine", "\\Registry\\User"
ROOTS = {
    "HKEY_LOCAL_MACHINE": MACHINE,
    "HKLM": MACHINE,
    "HKEY_USERS": USER,
    "HKU": USER,
    "HKEY_CURRENT_USER": USER + "\\.DEFAULT",
    "HKCU": USER + "\\.DEFAULT",
    "HKEY_CLASSES_ROOT": MACHINE + "\\SOFTWARE\\Classes",
    "HKCR": MACHINE + "\\SOFTWARE\\Classes",
    "HKEY_CURRENT_CONFIG": MACHINE + "\\SYSTEM\\CurrentControlSet\\Hardware Profiles\\Current",
    "HKCC": MACHINE + "\\SYSTEM\\CurrentControlSet\\Hardware Profiles\\Current",
}


class Change(NamedTuple):
    """What a line asks for.

    ``name`` None: of the key itself.  ``type`` None: delete it.
    """

    path: str  # of a key, from \\Registry on
    name: str | None
    type: int | None
    data: bytes = b""
    when: int = 0  # IF_MISSING and so on


class SyntaxFault(Exception):
    """A line that is none; the text says which and why."""


def nt_path(path: str) -> str:
    """HKLM\\Software -> \\Registry\\Machine\\Software; SyntaxFault."""
    path = path.rstrip("\\")
    if path.upper() == "\\REGISTRY" or path.upper().startswith("\\REGISTRY\\"):
        return path
    root, slash, rest = path.partition("\\")
    found = ROOTS.get(root.upper())
    if found is None:
        raise SyntaxFault(f"{path} is no key: they begin with HKLM, HKU, HKCU, HKCR, HKCC or \\Registry")
    return found + slash + rest


def dos_path(path: str) -> str:
    """The other way, with the long names that REGEDIT writes."""
    for name, root in (("HKEY_LOCAL_MACHINE", MACHINE), ("HKEY_USERS", USER)):
        if path.upper() == root.upper() or path.upper().startswith(root.upper() + "\\"):
            return name + path[len(root) :]
    return path


def decode(raw: bytes) -> str:
    """The text of a file in whatever encoding it has; SyntaxFault."""
    try:
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return raw.decode("utf-16")
        if raw[1:2] == b"\0":
            return raw.decode("utf-16-le")
    except UnicodeDecodeError:
        raise SyntaxFault("it begins as UTF-16 and does not go on so") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


# -- reading -------------------------------------------------------------------------------
def parse(text: str) -> Iterator[Change]:
    """The changes that a .reg file asks for, in their order; SyntaxFault."""
    lines = _joined(text)
    number, head = next(lines, (1, ""))
    if head not in (HEAD4, HEAD5):
        raise SyntaxFault(f"line {number}: neither {HEAD5!r} nor {HEAD4!r}")
    wide = head == HEAD5
    path = ""
    for number, line in lines:
        try:
            if line.startswith("["):
                inner, end, rest = line[1:].rpartition("]")
                if not end or (rest.strip() and not rest.lstrip().startswith(";")):
                    raise SyntaxFault("no ] at its end")
                gone = inner.startswith("-")
                path = nt_path(inner[gone:])
                yield Change(path, None, None if gone else 0)
            elif not path:
                raise SyntaxFault("no key before it")
            else:
                yield _value(path, line, wide)
        except SyntaxFault as fault:
            raise SyntaxFault(f"line {number}: {fault}") from None


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Lines that say something, with those that a backslash or an open quotation mark continues in one.

    Only line feeds end lines: other characters that may are parts of strings.
    """
    parts: list[str] = []
    first, inside = 0, False
    for number, raw in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        piece = raw if inside else raw.lstrip()
        if not parts:
            if not piece or piece.startswith((";", "#")):
                continue
            first = number
        head = parts[0] if parts else piece
        inside = head.startswith(('"', "@")) and _ends_inside(piece, inside)
        if inside:
            parts.append(piece + "\r\n")  # as REGEDIT writes a string of several lines
            continue
        piece = piece.rstrip()
        if piece.endswith("\\") and "hex" in head:
            parts.append(piece[:-1])
            continue
        yield first, "".join([*parts, piece])
        parts = []
    if parts:
        yield first, "".join(parts)


def _ends_inside(piece: str, inside: bool) -> bool:
    """Whether a piece of a value's line ends between quotation marks, if it began so or not."""
    at = 0
    while at < len(piece):
        c = piece[at]
        if c == "\\" and inside:
            at += 1
        elif c == '"':
            inside = not inside
        elif c == ";" and not inside:
            return False
        at += 1
    return inside


def _quoted(text: str) -> tuple[str, str]:
    """What stands in quotes at the beginning, and what follows."""
    out: list[str] = []
    at = 1
    while at < len(text):
        c = text[at]
        if c == '"':
            return "".join(out), text[at + 1 :].lstrip()
        if c == "\\" and at + 1 < len(text):
            at += 1
            c = {"n": "\n", "r": "\r", "0": "\0"}.get(text[at], text[at])
        out.append(c)
        at += 1
    raise SyntaxFault("a quotation mark is missing")


def _value(path: str, line: str, wide: bool) -> Change:
    if line.startswith("@"):
        name, rest = "", line[1:].lstrip()
    elif line.startswith('"'):
        name, rest = _quoted(line)
    else:
        raise SyntaxFault(f"{line[:40]!r} is neither a key nor a value")
    if not rest.startswith("="):
        raise SyntaxFault("no = behind the name")
    rest = rest[1:].lstrip()
    if rest.partition(";")[0].rstrip() == "-":
        return Change(path, name, None)
    return Change(path, name, *_data(rest, wide))


def _data(text: str, wide: bool) -> tuple[int, bytes]:
    kind, colon, rest = text.partition(":")
    kind = kind.lower()
    try:
        if text.startswith('"'):
            return REG_SZ, _string(text)
        if kind == "dword" and colon:
            return REG_DWORD, int(rest.partition(";")[0].strip(), 16).to_bytes(4, "little")
        if kind.startswith("str(") and kind.endswith(")"):
            return int(kind[4:-1], 16), _string(rest)
        if kind == "hex" or (kind.startswith("hex(") and kind.endswith(")")):
            number = REG_BINARY if kind == "hex" else int(kind[4:-1], 16)
            data = bytes(int(part, 16) for part in rest.partition(";")[0].split(",") if part.strip())
            if not wide and number in (2, REG_MULTI_SZ):
                data = data.decode("cp1252", "replace").encode("utf-16-le")
            if number >> 32:
                raise ValueError
            return number, data
    except (ValueError, OverflowError):
        raise SyntaxFault(f"{text[:40]!r} is no number that it could be") from None
    raise SyntaxFault(f'{text[:40]!r} is no data: "text", dword:, hex: or hex(TYPE): is')


def _string(text: str) -> bytes:
    if not text.startswith('"'):
        raise SyntaxFault("a quotation mark is missing")
    value, rest = _quoted(text)
    if rest and not rest.startswith(";"):
        raise SyntaxFault(f"{rest[:40]!r} is too much")
    return (value + "\0").encode("utf-16-le", "surrogatepass")


# -- writing ----------------------------------------------------------------------------------
def key_line(path: str) -> str:
    return f"\n[{dos_path(path)}]\n"


def value_line(name: str, type_: int, data: bytes) -> str:
    """One value; long ones go over several lines as REGEDIT does it."""
    head = f'"{_escaped(name)}"=' if name else "@="
    if type_ == REG_SZ and len(data) % 2 == 0 and data[-2:] == b"\0\0":
        text = data[:-2].decode("utf-16-le", "surrogatepass")
        if text.isprintable():
            return f'{head}"{_escaped(text)}"\n'
    if type_ == REG_DWORD and len(data) == 4:
        return f"{head}dword:{int.from_bytes(data, 'little'):08x}\n"
    line = head + ("hex:" if type_ == REG_BINARY else f"hex({type_:x}):")
    out = []
    for index, byte in enumerate(data):
        piece = f"{byte:02x}" + ("," if index + 1 < len(data) else "")
        if len(line) + len(piece) > 77:
            out.append(line + "\\\n")
            line = "  "
        line += piece
    return "".join(out) + line + "\n"


def _escaped(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return text.replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0")
