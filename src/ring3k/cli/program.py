"""Is this file a program that can run here?  If not: why, in words.

The kernel's own loader is the judge of an image, and answers with an NTSTATUS.
This looks at the same headers before anything is started, to tell a person
which of many things STATUS_INVALID_IMAGE_FORMAT means.
"""

from __future__ import annotations

import os

from ring3k.abi.pe import (
    COM_DESCRIPTOR,
    IMAGE_FILE_MACHINE_I386,
    OPTIONAL_HEADER,
    PE32,
    Headers,
    NotAnImage,
    headers_at,
)
from ring3k.cli import Complaint
from ring3k.cli.options import Options

NOT_A_PROGRAM = 126  # what shells say of files that cannot be executed
NOT_FOUND = 127

_MACHINES = {
    0x0160: "MIPS", 0x0162: "MIPS", 0x0166: "MIPS", 0x0184: "Alpha", 0x0284: "64-bit Alpha",
    0x01C0: "ARM", 0x01C2: "ARM", 0x01C4: "ARM", 0xAA64: "64-bit ARM",
    0x01F0: "PowerPC", 0x0200: "Itanium", 0x0EBC: "EFI byte code", 0x8664: "64-bit x86",
}  # fmt: skip
NATIVE, GUI, CONSOLE = 1, 2, 3  # subsystems
_SUBSYSTEMS = {
    5: "OS/2", 7: "POSIX", 8: "Windows 95's drivers", 9: "Windows CE", 10: "EFI", 11: "EFI", 12: "EFI",
    13: "EFI", 14: "Xbox", 16: "Windows' boot",
}  # fmt: skip
_EXECUTABLE, _DLL = 0x0002, 0x2000  # file characteristics
_HEADERS = 0x10000  # more than any linker writes
_SPACE = 0x7FFE0000  # user addresses


_RUN_BY = {
    ".bat": "a batch file; 'ring3k run cmd /c {}' runs it",
    ".cmd": "a batch file; 'ring3k run cmd /c {}' runs it",
    ".js": "a script; 'ring3k run cscript {}' runs it",
    ".vbs": "a script; 'ring3k run cscript {}' runs it",
    ".wsf": "a script; 'ring3k run cscript {}' runs it",
    ".msi": "a package of the Installer; 'ring3k run msiexec /i {} /qn' installs it",
}


def named(options: Options) -> str:
    """The program's file: what is given, a path as programs see it, or by its mere name one of ours."""
    name: str = options.program
    if options.userland == "builtin" or os.path.exists(name):
        return name
    if name[1:2] == ":" or "\\" in name:
        return _seen_program(options, name) or name
    if os.path.isfile(f"{name}.exe"):
        return f"{name}.exe"
    return name if os.sep in name else _systems_own(options, name) or name


def _systems_own(options: Options, name: str) -> str | None:
    from ring3k.userland.choice import DLLS
    from ring3k.userland.folder import MachineFolder, default_path
    from ring3k.userland.wine import find
    from ring3k.userland.wine_drive import OWN_PROGRAMS

    machine = options.machine or default_path("nt100")
    drive = options.root or os.path.join(machine, "c")
    found = find(MachineFolder(machine).settings.get(DLLS))
    for place in (os.path.join(drive, "windows", "system32"), OWN_PROGRAMS, *(found[:1] if found else ())):
        for file in _spellings(name.lower()):
            if os.path.isfile(os.path.join(place, file)):
                return os.path.join(place, file)
    return None


def _spellings(name: str) -> tuple[str, ...]:
    return (name,) if name.endswith((".com", ".exe")) else (f"{name}.com", f"{name}.exe")


def _seen_program(options: Options, path: str) -> str | None:
    folder, _, name = path.replace("/", "\\").rpartition("\\")
    if folder.lower().endswith(":\\windows\\system32"):
        return _systems_own(options, name)
    for one in _spellings(name.lower()):
        found = seen(options, f"{folder}\\{one}" if folder else one)
        if found is not None:
            return found
    return None


def seen(options: Options, path: str) -> str | None:
    """What of the host is meant by ``C:\\Tools\\x.exe``, or ``bin\\x`` from the folder we are in."""
    from ring3k.userland.folder import default_path
    from ring3k.userland.given import below

    base: str | None = os.curdir
    if path[1:2] == ":":
        base = host_drives(options, options.machine or default_path("nt100")).get(path[0].upper())
        path = path[2:]
    parts = [part for part in path.lower().replace("/", "\\").split("\\") if part]
    return below(base, *parts) if base is not None else None


def host_drives(options: Options, machine: str) -> dict[str, str]:
    """The host's folders that will be drives, by letter."""
    given = options.cwd if options.cwd is not None and options.cwd[1:2] != ":" else os.curdir
    drives = {"C": options.root or os.path.join(machine, "c")}
    for one in options.mount:
        letter, _, folder = one.partition("=")
        drives[letter.upper()] = folder.removesuffix(":ro").removesuffix(":rw")
    free = next((one for one in "DEFGHIJKLMNOPQRSTUVWXYZ" if one not in drives), "D")
    drives.setdefault(free, os.path.realpath(given))
    return drives


def check(path: str) -> int:
    """The subsystem of a 32-bit x86 program with headers that make sense; a Complaint about anything else."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(_HEADERS)
    except FileNotFoundError:
        raise Complaint(f"{path}: no such file", NOT_FOUND) from None
    except IsADirectoryError:
        raise Complaint(f"{path}: is a folder, not a program", NOT_A_PROGRAM) from None
    except OSError as error:
        raise Complaint(f"{path}: {error.strerror}", NOT_A_PROGRAM) from None
    fault = _fault(data, size)
    if fault:
        by = _RUN_BY.get(os.path.splitext(path)[1].lower()) if data[:2] != b"MZ" else None
        fault = by.format(path) if by is not None else fault
        raise Complaint(f"{path}: {fault}", NOT_A_PROGRAM)
    subsystem = Headers(data).optional().Subsystem
    if subsystem in _SUBSYSTEMS:
        text = f"a program for {_SUBSYSTEMS[subsystem]}; there are Win32 and native programs"
        raise Complaint(f"{path}: {text}", NOT_A_PROGRAM)
    return subsystem


def _fault(data: bytes, size: int) -> str | None:
    """What is wrong with a file that begins with ``data``; None if nothing is seen."""
    if not data:
        return "the file is empty"
    if data[:2] != b"MZ":
        kind = "a Linux program" if data[:4] == b"\x7fELF" else "a script" if data[:2] == b"#!" else None
        return f"not a Windows program (a PE file){f', but {kind}' if kind else ''}"
    if len(data) < 64:
        return "truncated: it ends inside its DOS header"
    header = headers_at(data)
    if data[header : header + 2] in (b"NE", b"LE", b"LX"):
        return "a 16-bit program; only 32-bit programs run here"
    if header + 24 > size:
        return (
            f"truncated, or a DOS program: its PE header would be at {header:#x}, the file ends at {size:#x}"
        )
    try:
        headers = Headers(data)
    except NotAnImage:
        return "a DOS program, or damaged: there is no PE header where it should be"
    machine, flags = headers.file.Machine, headers.file.Characteristics
    if machine != IMAGE_FILE_MACHINE_I386:
        name = _MACHINES.get(machine, f"machine {machine:#06x}")
        return f"a program for {name}; only 32-bit x86 programs run here"
    if not flags & _EXECUTABLE:
        return "an object file or a failed link: its header says that it is not executable"
    if flags & _DLL:
        return "a DLL, not a program"
    return _optional_fault(headers, size) or _section_fault(headers, size)


def _optional_fault(headers: Headers, size: int) -> str | None:
    length = headers.file.SizeOfOptionalHeader
    if length < OPTIONAL_HEADER.size or headers.optional_at + length > min(size, len(headers.data)):
        return "truncated, or damaged: its optional header is not whole"
    if headers.magic != PE32:
        return "damaged: a 32-bit program with a header of another kind"
    it = headers.optional()
    if any(a == 0 or a & (a - 1) for a in (it.SectionAlignment, it.FileAlignment)):
        return "damaged: its alignments are no powers of two"
    if it.SizeOfHeaders > size or it.SizeOfHeaders > it.SizeOfImage:
        return f"truncated, or damaged: {it.SizeOfHeaders:#x} bytes of headers in a file of {size:#x}"
    if it.SizeOfImage == 0 or it.SizeOfImage > _SPACE or it.ImageBase & 0xFFFF:
        return f"damaged: it wants {it.SizeOfImage:#x} bytes at {it.ImageBase:#x}"
    if it.AddressOfEntryPoint >= it.SizeOfImage:
        return f"damaged: its entry point {it.AddressOfEntryPoint:#x} is outside the program"
    if it.NumberOfRvaAndSizes > COM_DESCRIPTOR and headers.directory(COM_DESCRIPTOR)[0]:
        return "a .NET program; only native code runs here"
    return None


def _section_fault(headers: Headers, size: int) -> str | None:
    if headers.file.NumberOfSections == 0:
        return "damaged: it has no sections"
    try:
        sections = headers.sections()
    except NotAnImage:
        return "truncated: it ends inside its section table"
    pages = headers.optional().SizeOfImage + 0xFFF & ~0xFFF
    for one in sections:
        name = one.Name.rstrip(b"\0").decode("ascii", "backslashreplace")
        end = one.PointerToRawData + one.SizeOfRawData
        if one.SizeOfRawData and one.PointerToRawData and end > size:
            return f"truncated: section {name} ends at {end:#x}, the file at {size:#x}"
        if one.VirtualAddress + max(one.VirtualSize, 1) > pages:
            return f"damaged: section {name} lies outside the program"
    return None
