"""The registry parts of INF files: AddReg and DelReg sections, and services.

What counts are the sections that DefaultInstall names, or another that is asked
for; in a file that has none such, those that any section names.  ``%name%`` is
looked up in [Strings], ``%11%`` among the directories, which have numbers.  The
services are those that a section of the same name with ``.Services`` adds.
Everything else in the file is for other programs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from ring3k.abi.structs.cm import (
    REG_BINARY,
    REG_DWORD,
    REG_EXPAND_SZ,
    REG_LINK,
    REG_MULTI_SZ,
    REG_NONE,
    REG_SZ,
)
from ring3k.cm.regfile import APPEND, IF_MISSING, IF_PRESENT, Change, SyntaxFault, nt_path

_NO_CLOBBER, _DELETE, _APPEND, _KEY_ONLY, _OVERWRITE_ONLY = 0x2, 0x4, 0x8, 0x10, 0x20
_RAW = 1
_TYPES = {
    0x00000: REG_SZ,
    0x10000: REG_MULTI_SZ,
    0x20000: REG_EXPAND_SZ,
    0x40000: REG_DWORD,
    0x60000: REG_LINK,
}
_RAW_TYPES = {0x00000: REG_BINARY, 0x10000: REG_DWORD, 0x20000: REG_NONE}
_DEFAULT = "DEFAULTINSTALL"

_SERVICES = "HKLM\\System\\CurrentControlSet\\Services\\"
_SERVICE_VALUES = {  # directive -> value, type
    "DISPLAYNAME": ("DisplayName", REG_SZ),
    "DESCRIPTION": ("Description", REG_SZ),
    "SERVICEBINARY": ("ImagePath", REG_EXPAND_SZ),
    "SERVICETYPE": ("Type", REG_DWORD),
    "STARTTYPE": ("Start", REG_DWORD),
    "ERRORCONTROL": ("ErrorControl", REG_DWORD),
    "LOADORDERGROUP": ("Group", REG_SZ),
    "STARTNAME": ("ObjectName", REG_SZ),
}

Line = tuple[int, str]
Sections = dict[str, list[Line]]


def is_inf(text: str) -> bool:
    """Whether it looks like one: a section, and no head of a .reg file."""
    return re.match(r"(\s*(;[^\n]*)?\n)*\s*\[[^\]\n]+\]", text) is not None


def parse_inf(
    text: str, section: str | None = None, directories: Mapping[int, str] | None = None
) -> list[Change]:
    """The changes that an INF file asks for, deletions first; SyntaxFault.

    ``directories``: number -> path, such as 11 for system32.
    """
    sections = _sections(text)
    strings = _strings(sections.get("STRINGS", ()))
    strings.update((str(number), path) for number, path in (directories or {}).items())
    wanted = (section or _DEFAULT).upper()
    if section is not None and wanted not in sections:
        raise SyntaxFault(f"no section [{section}]")
    sources = [sections[wanted]] if wanted in sections else list(sections.values())
    changes = _registry_lines(sections, sources, strings, "")
    for name in _named([sections.get(f"{wanted}.SERVICES", [])], "ADDSERVICE", whole=True):
        changes += _service(sections, name.split(","), strings)
    return changes


def _registry_lines(
    sections: Sections, sources: Iterable[list[Line]], strings: dict[str, str], relative: str
) -> list[Change]:
    """What DelReg and AddReg of some sections ask for; ``relative`` is what HKR means, if anything."""
    changes: list[Change] = []
    read: Callable[[list[str], str], Iterator[Change]]
    for directive, read in (("DELREG", _deleted), ("ADDREG", _added)):
        for name in _named(sources, directive):
            if name.upper() not in sections:
                raise SyntaxFault(f"no section [{name}], which {directive} names")
            for number, line in sections[name.upper()]:
                try:
                    changes += read([_expand(one, strings) for one in _fields(line)], relative)
                except SyntaxFault as fault:
                    raise SyntaxFault(f"line {number}: {fault}") from None
    return changes


def _service(sections: Sections, words: list[str], strings: dict[str, str]) -> list[Change]:
    """``name, flags, section``: the key of a service."""
    name, section = words[0].strip(), words[2].strip().upper() if len(words) > 2 else ""
    lines = sections.get(section)
    if not name or lines is None:
        raise SyntaxFault(f"no section [{section}], which describes service {name}")
    key = _SERVICES + name
    changes = [Change(nt_path(key), "ObjectName", REG_SZ, _text("LocalSystem"))]
    for number, line in lines:
        directive, _, value = line.partition("=")
        known = _SERVICE_VALUES.get(directive.strip().upper())
        if known is None:
            continue
        value = _expand((_fields(value.strip()) or [""])[0], strings)
        try:
            data = _number(value).to_bytes(4, "little") if known[1] == REG_DWORD else _text(value)
        except (SyntaxFault, OverflowError):
            raise SyntaxFault(f"line {number}: {value[:40]!r} is no number") from None
        changes.append(Change(nt_path(key), known[0], known[1], data))
    return changes + _registry_lines(sections, [lines], strings, key)


def _text(value: str) -> bytes:
    return (value + "\0").encode("utf-16-le", "surrogatepass")


def _sections(text: str) -> Sections:
    """Lines by section, without comments, those that a backslash continues in one."""
    found: Sections = {}
    current: list[Line] = []
    so_far, first = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = _without_comment(raw).strip()
        first = first if so_far else number
        so_far += line
        if so_far.endswith("\\") and line:
            so_far = so_far[:-1]
            continue
        line, so_far = so_far, ""
        if line.startswith("[") and "]" in line:
            current = found.setdefault(line[1 : line.index("]")].strip().upper(), [])
        elif line:
            current.append((first, line))
    return found


def _without_comment(line: str) -> str:
    if ";" not in line:
        return line
    quoted = False
    for at, c in enumerate(line):
        if c == '"':
            quoted = not quoted
        elif c == ";" and not quoted:
            return line[:at]
    return line


def _strings(lines: Iterable[Line]) -> dict[str, str]:
    found = {}
    for _, line in lines:
        name, _, value = line.partition("=")
        fields = _fields(value.strip())
        found[name.strip().strip('"').upper()] = fields[0] if fields else ""
    return found


def _named(sources: Iterable[list[Line]], directive: str, whole: bool = False) -> Iterator[str]:
    """Sections that lines like ``AddReg = one, two`` name, each once; or all behind the =."""
    seen = set()
    for lines in sources:
        for _, line in lines:
            key, equals, value = line.partition("=")
            if not equals or key.strip().upper() != directive:
                continue
            for name in [value] if whole else _fields(value):
                if name and name.upper() not in seen:
                    seen.add(name.upper())
                    yield name


_PLAIN = re.compile(r'"[^"]*",|[^",]*,')


def _fields(line: str) -> list[str]:
    """Fields between commas; quotation marks are taken away, doubled ones stand for one."""
    if '"' not in line:
        return [one.strip() for one in line.split(",")]
    if '""' not in line:
        plain = _PLAIN.findall(line + ",")
        if sum(map(len, plain)) == len(line) + 1:
            return [one[1:-2] if one[0] == '"' else one[:-1].strip() for one in plain]
    fields: list[str] = []
    field, quoted, was_quoted = "", False, False
    at = 0
    while at < len(line):
        c = line[at]
        if c == '"':
            if quoted and line[at + 1 : at + 2] == '"':
                field += c
                at += 1
            else:
                quoted, was_quoted = not quoted, True
        elif c == "," and not quoted:
            fields.append(field if was_quoted else field.strip())
            field, was_quoted = "", False
        elif quoted or not (c.isspace() and (was_quoted or not field)):
            field += c
        at += 1
    if quoted:
        raise SyntaxFault("a quotation mark is missing")
    fields.append(field if was_quoted else field.strip())
    return fields


def _expand(text: str, strings: dict[str, str]) -> str:
    if "%" not in text:
        return text

    def value(match: re.Match[str]) -> str:
        name: str = match[1]
        return "%" if not name else strings.get(name.upper(), match[0])

    return re.sub("%([^%]*)%", value, text)


def _key(fields: list[str], relative: str) -> str:
    root = fields[0].upper()
    if root == "HKR":
        if not relative:
            raise SyntaxFault("HKR is a device's key: there is no device")
        root = relative
    return nt_path("\\".join(one for one in (root, fields[1] if len(fields) > 1 else "") if one))


def _deleted(fields: list[str], relative: str) -> Iterator[Change]:
    yield Change(_key(fields, relative), fields[2] if len(fields) > 2 and fields[2] else None, None)


def _number(text: str) -> int:
    try:
        return int(text, 0) if text else 0
    except ValueError:
        raise SyntaxFault(f"{text[:40]!r} is no number") from None


def _added(fields: list[str], relative: str) -> Iterator[Change]:
    path = _key(fields, relative)
    name = fields[2] if len(fields) > 2 else ""
    flags = _number(fields[3]) if len(fields) > 3 else 0
    when = IF_MISSING if flags & _NO_CLOBBER else IF_PRESENT if flags & _OVERWRITE_ONLY else 0
    if flags & _DELETE:
        yield Change(path, name or None, None)
    elif flags & _KEY_ONLY or len(fields) < 3:
        yield Change(path, None, 0)
    else:
        kind, data = _data(flags, fields[4:])
        yield Change(path, name, kind, data, APPEND if flags & _APPEND else when)


def _data(flags: int, fields: list[str]) -> tuple[int, bytes]:
    high = flags & 0xFFFF0000
    if not flags & _RAW:
        kind = _TYPES.get(high)
        if kind is None:
            raise SyntaxFault(f"flags {flags:#x} are no type")
        if kind == REG_DWORD:
            return kind, (_number((fields or [""])[0]) & 0xFFFFFFFF).to_bytes(4, "little")
        if kind == REG_LINK:
            return kind, (fields or [""])[0].encode("utf-16-le", "surrogatepass")
        text = "".join(one + "\0" for one in fields) if kind == REG_MULTI_SZ else (fields or [""])[0]
        return kind, (text + "\0").encode("utf-16-le", "surrogatepass")
    kind = _RAW_TYPES.get(high, high >> 16)
    if kind == REG_DWORD and len(fields) <= 1:
        return kind, (_number(fields[0] if fields else "") & 0xFFFFFFFF).to_bytes(4, "little")
    try:
        return kind, bytes(int(one, 16) for one in fields if one)
    except ValueError:
        raise SyntaxFault("bytes are two hexadecimal digits each") from None
