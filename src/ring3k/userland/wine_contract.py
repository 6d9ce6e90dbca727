"""What Wine's ntdll expects of its kernel where that is not what NT does.

* A thread enters LdrInitializeThunk itself, with a CONTEXT to go on with: Eax is
  the start address, Ebx its argument, Eip RtlUserThreadStart.  It clears 0xF0000
  bytes of stack on its way, so that much must be there.
* An APC's frame has a return address nobody uses and the CONTEXT's address first,
  the routine last.
* Behind the PEB and the TEB there is a page each for the DLLs' own tracing; zero
  is silence.
* Process parameters come normalised, in one allocation with the environment,
  which ntdll frees.
* What comes of the processors' interrupts is what its random numbers are made of: here
  they are random, and not counters.
* PEB.ApiSetMap is a section of apisetschema.dll.
"""

from __future__ import annotations

import os
from struct import Struct, pack

from ring3k.abi.pe import PeFile
from ring3k.abi.status import (
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_ADDRESS,
    STATUS_INVALID_PARAMETER,
    STATUS_NO_SUCH_DEVICE,
    GuestFault,
    NtError,
)
from ring3k.abi.structs.io import (
    FILE_DEVICE_CD_ROM,
    FILE_DEVICE_CD_ROM_FILE_SYSTEM,
    FILE_DEVICE_DISK,
    FILE_DEVICE_DISK_FILE_SYSTEM,
)
from ring3k.abi.structs.ke import (
    CONTEXT,
    CONTEXT_ALL,
    CONTEXT_FULL,
    EFLAGS_IF,
    KGDT_R3_CODE,
    KGDT_R3_DATA,
    KGDT_R3_TEB,
)
from ring3k.abi.structs.mm import MEM_TOP_DOWN, PAGE_READONLY, PAGE_READWRITE, SEC_COMMIT, SECTION_INHERIT
from ring3k.abi.structs.ps import PEB_NT40, RTL_USER_PROCESS_PARAMETERS_NT60
from ring3k.abi.structs.sysinfo import SYSTEM_INFORMATION_CLASS, SYSTEM_INTERRUPT_INFORMATION
from ring3k.abi.version import Version
from ring3k.engine.protocol import PAGE
from ring3k.ex.query import answer_whole
from ring3k.io.mounts import MountTable
from ring3k.ke import context as registers
from ring3k.mm.section import Section
from ring3k.mm.segment import pagefile_segment
from ring3k.ps.contract import FRESH, ProcessContract
from ring3k.ps.peb import Parameters, environment_block, parameter_block
from ring3k.typed import TYPE_CHECKING, Any
from ring3k.userland.unix_calls import UnixCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ring3k.abi.types import InBuffer, Out, OutBuffer
    from ring3k.io.request import Request
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread, UserApc
    from ring3k.ps.process import Process
    from ring3k.userland.wine import Wine

INTERRUPTS = SYSTEM_INFORMATION_CLASS.SystemInterruptInformation
API_SET_MAP = PEB_NT40.offset("FreeList")  # its name since Windows 7
API_SETS = "apisetschema.dll"
QUERY_UNIX_DRIVE = 0x6D4084  # a control of the mount manager
_DRIVE = Struct("<4IQ4H")  # size, type, file system, serial number, host's device, letter, offsets of names
DRIVE_FIXED = 3
IMAGE_SUBSYSTEM_WINDOWS_CUI = 3
SHELL_WITHOUT_TERMINAL = 0xFFFFFFFC  # a ConsoleHandle: there is none, and children are to make none either
UNIX_FUNCTIONS, WINE_VERSION, MAKE_SYSTEM, NATIVE_NAME = 1000, 1000, 1000, 1000
PIPES_OF_SERVICES = ("\\SVCCTL", "\\WINE_PLUGPLAY")
VERSION_STRINGS = b"8.0\0wine-8.0\0Linux\0" + b"0\0"


class WineContract(ProcessContract):
    """Of Wine 8."""

    APC_FRAME = 24
    PEB_ADDRESS = 0x7FFDE000
    PEB_SIZE = 2 * PAGE
    TEB_SIZE = 2 * PAGE
    LEAST_STACK = 0x100000
    FIBER_DATA = 0
    NO_CONSOLE = 0xFFFFFFFC
    TELLS_INCREMENT = True
    KEEPS_TEB = True
    DEVICE_TYPES = {  # noqa: RUF012  # a volume's is its file system's
        FILE_DEVICE_DISK: FILE_DEVICE_DISK_FILE_SYSTEM,
        FILE_DEVICE_CD_ROM: FILE_DEVICE_CD_ROM_FILE_SYSTEM,
    }
    BASE_PRIORITY_IS_CLASS = True
    READ_IS_EXECUTE = True
    LICENSES = "Machine\\Software\\Wine\\LicenseInformation"
    ATTRIBUTES_FOR_ALL = True
    CHECKS_ALIGNMENT = False
    CHECKS_OPENING = False
    LEVEL_AS_EFFECTIVE = True
    HARD_ERROR_MODE_FLIPPED = 1

    def __init__(self, wine: Wine, kernel: Kernel) -> None:
        self._wine = wine
        self._kernel = kernel
        self._api_sets: Section | None = None
        self.private_classes = {
            ("NtQueryVirtualMemory", UNIX_FUNCTIONS): _unix_functions,
            ("NtQuerySystemInformation", WINE_VERSION): _wine_version,
            ("NtQuerySystemInformation", INTERRUPTS): _random,
            ("NtSetInformationProcess", MAKE_SYSTEM): _make_system,
            ("NtDeviceIoControlFile", QUERY_UNIX_DRIVE): _drive,
        }

    def object_name(self, t: KThread, name: str) -> str:
        """Files are on a drive, not on a device."""
        for one in t.kernel.part(MountTable).volumes:
            if name.startswith(one.device + "\\"):
                return f"\\??\\{one.letter}:{name[len(one.device) :]}"
        return name

    def pipe_server(self, name: str) -> Callable[[KThread], Coroutine[Any, Any, None]] | None:
        if name.upper() not in PIPES_OF_SERVICES:
            return None
        from ring3k.userland.wine_services import Services  # few programs ask for them

        return self._kernel.late_part(Services).ready

    def pipe_descriptor(self, t: KThread, name: str) -> Any:
        from ring3k.userland.wine_pipes import descriptor

        return descriptor(t, name)

    def close(self) -> None:
        if self._api_sets is not None:
            self._api_sets.dereference()
            self._api_sets = None

    # -- threads ------------------------------------------------------------------
    def apc_frame(self, apc: UserApc, context: int) -> bytes:
        return pack("<6I", 0, context, apc.context, apc.argument1, apc.argument2, apc.routine)

    def thread_context(self, process: Process, start: int, parameter: int, stack: int) -> CONTEXT:
        return CONTEXT(
            ContextFlags=CONTEXT_FULL,
            SegGs=0,
            SegFs=KGDT_R3_TEB,
            SegEs=KGDT_R3_DATA,
            SegDs=KGDT_R3_DATA,
            SegSs=KGDT_R3_DATA,
            SegCs=KGDT_R3_CODE,
            Eax=start,
            Ebx=parameter,
            Eip=process.user_address("RtlUserThreadStart"),
            Esp=stack - 16,
            EFlags=EFLAGS_IF,
        )

    def begin(self, t: KThread, context: CONTEXT, thunk: int) -> None:
        registers.load_context(t.guest, context)
        saved = registers.pack(t, CONTEXT_ALL)
        place = (context.Esp & ~3) - len(saved)
        start = place - 20
        try:
            if start < 0:
                raise GuestFault(0, write=True)
            t.memory.write(start, pack("<5I", 0, place, 0, 0, 0) + saved)
        except NtError as error:  # the stack is no stack
            t.process.terminate(error.status)
            return
        t.guest.esp, t.guest.eip = start, thunk
        t.update_pending()

    # -- processes ----------------------------------------------------------------
    def prepare(self, process: Process) -> None:
        section = self._api_set_map()
        if section is not None:
            _, base, _, _ = process.vm.map_view(
                section, protect=PAGE_READONLY, inherit=SECTION_INHERIT.ViewUnmap, kind=MEM_TOP_DOWN
            )
            process.memory.poke(process.peb + API_SET_MAP, base.to_bytes(4, "little"))

    def _api_set_map(self) -> Section | None:
        """The names of API sets; None: ntdll does without."""
        path = os.path.join(self._wine.folder, API_SETS)
        if self._api_sets is None and os.path.isfile(path):
            with open(path, "rb") as file:
                data = PeFile(file.read()).section(b".apiset")
            size = (len(data) + PAGE - 1) & -PAGE
            segment = pagefile_segment(self._kernel, size, False)
            segment.store.write(0, data)
            self._api_sets = Section(self._kernel, segment, size, PAGE_READONLY, SEC_COMMIT)
            self._api_sets.reference()
        return self._api_sets

    def write_parameters(self, process: Process, parameters: Parameters) -> None:
        if not parameters.console and process.image.subsystem == IMAGE_SUBSYSTEM_WINDOWS_CUI:
            parameters = parameters._replace(console=SHELL_WITHOUT_TERMINAL)
        environment = environment_block(parameters.environment)
        length = len(parameter_block(parameters, 0, 1, RTL_USER_PROCESS_PARAMETERS_NT60)) + 3 & ~3
        size = length + len(environment)
        place, _ = process.vm.allocate(0, size, FRESH, PAGE_READWRITE)
        block = parameter_block(
            parameters,
            place + length,
            place,
            RTL_USER_PROCESS_PARAMETERS_NT60,
            EnvironmentSize=len(environment),
        )
        process.memory.poke(place, block)
        process.memory.poke(place + length, environment)
        process.set_parameters(place)


# -- private classes ----------------------------------------------------------------------
def _unix_functions(
    t: KThread, process: int, address: int, buffer: OutBuffer, length: int, result: Out[int] | None
) -> int:
    """MemoryWineUnixFuncs: the handle of the host's functions for the DLL at an address, eight bytes."""
    if length != 8:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    name: str | None = t.process.vm.mapped_name(address)
    if not name:
        raise NtError(STATUS_INVALID_ADDRESS)
    handle = t.kernel.part(UnixCalls).handle(name.rpartition("\\")[2])
    buffer.write(handle.to_bytes(8, "little"))
    if result is not None:
        result.set(8)
    return 0


def _wine_version(t: KThread, buffer: OutBuffer, length: int, result: Out[int] | None) -> int:
    """SystemWineVersionInformation: version, build, and the host's name and release, each NUL-ended."""
    return answer_whole(VERSION_STRINGS, buffer, length, result)


def _make_system(t: KThread, handle: int, buffer: InBuffer) -> int:
    from ring3k.userland.wine_services import make_system

    return make_system(t, handle, buffer)


def _random(t: KThread, buffer: OutBuffer, length: int, result: Out[int] | None) -> int:
    """SystemInterruptInformation, which RtlGenRandom takes for random bytes."""
    size = SYSTEM_INTERRUPT_INFORMATION.size() * t.kernel.part(Version).processors
    if result is not None:
        result.set(size)
    if length < size:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    buffer.write(os.urandom(size))
    return 0


def _drive(request: Request) -> int:
    """IOCTL_MOUNTMGR_QUERY_UNIX_DRIVE: what kind of drive a letter is, not where it is on the host."""
    data = request.input
    if len(data) < _DRIVE.size:
        raise NtError(STATUS_INVALID_PARAMETER)
    letter = chr(_DRIVE.unpack_from(data)[5]).upper()
    if not any(one.letter == letter for one in request.t.kernel.part(MountTable).volumes):
        raise NtError(STATUS_NO_SUCH_DEVICE)
    request.buffer.write(
        _DRIVE.pack(_DRIVE.size, DRIVE_FIXED, 0, 0, 0, ord(letter), 0, 0, 0)[: request.length]
    )
    request.information = min(_DRIVE.size, request.length)
    return 0
