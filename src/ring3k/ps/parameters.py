"""Process parameters as NtCreateUserProcess hands them on, from the creator to the new process.

Until Vista the creator wrote them itself.  The kernel copies what it was given
into one allocation of the new process, strings behind the block and the
environment at its end, with pointers that are right there (normalised).

The creator may change all of it while it is read: every length is taken once.
"""

from __future__ import annotations

from struct import pack_into

from ring3k.abi.status import STATUS_INVALID_PARAMETER, NtError
from ring3k.abi.strings import UNICODE_STRING
from ring3k.abi.structs.mm import MEM_COMMIT, MEM_RESERVE, PAGE_READWRITE
from ring3k.abi.structs.ps import (
    CURDIR,
    RTL_USER_PROC_PARAMS_NORMALIZED,
    RTL_USER_PROCESS_PARAMETERS,
    RTL_USER_PROCESS_PARAMETERS_NT60,
)
from ring3k.engine.protocol import PAGE
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.abi.memory import Memory
    from ring3k.ps.process import Process

MOST_ENVIRONMENT = 1 << 24
CURRENT_DIRECTORY_ROOM = 0x208  # MAX_PATH characters
_OFFSET = RTL_USER_PROCESS_PARAMETERS_NT60.offset
_STRINGS = (
    "CurrentDirectory",  # the UNICODE_STRING comes first in it
    "DllPath",
    "ImagePathName",
    "CommandLine",
    "WindowTitle",
    "DesktopInfo",
    "ShellInfo",
    "RuntimeData",  # bytes, and not text
)


class ParameterBlock:
    """What was given: the structure without its pointers, the strings' bytes, the environment."""

    def __init__(self, memory: Memory, address: int) -> None:
        """Read the creator's block; GuestFault, STATUS_INVALID_PARAMETER."""
        kind = RTL_USER_PROCESS_PARAMETERS_NT60
        size = memory.read_u32(address + _OFFSET("Length"))
        least = RTL_USER_PROCESS_PARAMETERS.offset("CurrentDirectories")
        if size < least:
            raise NtError(STATUS_INVALID_PARAMETER)
        raw = memory.read(address, min(size, kind.size()))
        self.fields = kind.unpack(raw.ljust(kind.size(), b"\0"))
        base = 0 if self.fields.Flags & RTL_USER_PROC_PARAMS_NORMALIZED else address
        self.strings: dict[str, bytes] = {}
        for name in _STRINGS:
            length, _, buffer = UNICODE_STRING.values(memory, address + _OFFSET(name))
            self.strings[name] = memory.read(buffer + base & 0xFFFFFFFF, length) if length else b""
        place = self.fields.Environment
        self.environment = _environment(memory, place) if place else b"\0\0\0\0"
        self.address = 0  # in the new process

    def set_text(self, name: str, text: str) -> None:
        self.strings[name] = text.encode("utf-16-le", "surrogatepass")

    def write(self, process: Process) -> None:
        """Lay it out in a new process, whose PEB shows it."""
        head = RTL_USER_PROCESS_PARAMETERS_NT60.size()
        places: dict[str, tuple[int, int]] = {}  # offset, room
        tail = bytearray()
        for name, data in self.strings.items():
            room = len(data) + 2 if data else 0
            if name == "CurrentDirectory":
                room = max(room, CURRENT_DIRECTORY_ROOM)
            places[name] = head + len(tail), room
            tail += data.ljust(room + (-room & 3), b"\0")
        length = head + len(tail)
        size = length + len(self.environment)
        base, _ = process.vm.allocate(0, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)
        block = bytearray(self._packed(process, base, length))
        for name, (offset, room) in places.items():
            count = len(self.strings[name])
            string = (count, room, base + offset if room else 0)
            pack_into("<HHI", block, _OFFSET(name), *string)
        process.memory.poke(base, bytes(block + tail) + self.environment)
        self.address = base
        process.set_parameters(base)

    def _packed(self, process: Process, base: int, length: int) -> bytes:
        fields = self.fields
        fields.MaximumLength = (length + len(self.environment) + PAGE - 1) & -PAGE
        fields.Length = length
        fields.Flags |= RTL_USER_PROC_PARAMS_NORMALIZED
        fields.CurrentDirectory = CURDIR()  # opened by ntdll
        fields.CurrentDirectories = []
        fields.PackageDependencyData = 0
        fields.Environment = base + length
        fields.EnvironmentSize = len(self.environment)
        fields.ProcessGroupId = fields.ProcessGroupId or process.pid
        return fields.pack()


def _environment(memory: Memory, address: int) -> bytes:
    """Strings of 16-bit characters, each ended by a zero, until an empty one."""
    found = bytearray()
    while len(found) < MOST_ENVIRONMENT:
        seen = len(found)
        found += memory.read(address + seen, PAGE - (address + seen) % PAGE)
        end = _end(found, seen)
        if end:
            return bytes(found[:end])
    raise NtError(STATUS_INVALID_PARAMETER)


def _end(data: bytearray, seen: int) -> int:
    """Where an environment ends, 0 if not in these bytes, of which ``seen`` were no end before."""
    if data[:2] == b"\0\0":
        return 2
    at = data.find(b"\0\0\0\0", max(seen - 4, 0))
    while at >= 0 and at & 1:
        at = data.find(b"\0\0\0\0", at + 1)
    return at + 4 if at >= 0 else 0
