"""Process environment block, process parameters and environment.

NT's kernel makes the PEB and fills what comes from the image and from the
system; the parent process writes parameters and environment.  For the first
process of a session nobody is there to do that, so ``write_parameters`` stands
in: environment first, parameters behind it, strings as offsets until ntdll
normalises them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ring3k.abi.strings import UNICODE_STRING
from ring3k.abi.structs.ps import (
    CURDIR,
    RTL_USER_PROC_PARAMS_NORMALIZED,
    RTL_USER_PROCESS_PARAMETERS,
    peb_of,
)
from ring3k.abi.version import Version
from ring3k.engine.protocol import PAGE
from ring3k.typed import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ring3k.ps.process import Process

PEB_ADDRESS = 0x7FFDF000
VER_PLATFORM_WIN32_NT = 2
CRITICAL_SECTION_TIMEOUT = -30 * 24 * 3600 * 10_000_000
CURRENT_DIRECTORY_ROOM = 0x208  # MAX_PATH characters


def peb_image(process: Process, version: Version) -> bytes:
    """What MmCreatePeb writes."""
    kind = peb_of(version.name)
    size = kind.size()
    fields: dict[str, object] = {
        "Mutant": 0xFFFFFFFF,
        "ImageBaseAddress": process.image_base,
        "NumberOfProcessors": version.processors,
        "CriticalSectionTimeout": CRITICAL_SECTION_TIMEOUT,
        "HeapSegmentReserve": 0x100000,
        "HeapSegmentCommit": 0x2000,
        "HeapDeCommitTotalFreeThreshold": 0x10000,
        "HeapDeCommitFreeBlockThreshold": 0x1000,
        "MaximumNumberOfHeaps": (PAGE - size) // 4,
        "ProcessHeaps": process.peb + size,
        "OSMajorVersion": version.major,
        "OSMinorVersion": version.minor,
        "OSBuildNumber": version.build,
        "OSCSDVersion": version.service_pack,
        "OSPlatformId": VER_PLATFORM_WIN32_NT,
        "BeingDebugged": process.debug_port is not None,
        "ImageSubsystem": process.image.subsystem,
        "ImageSubsystemMajorVersion": process.image.subsystem_version[0],
        "ImageSubsystemMinorVersion": process.image.subsystem_version[1],
    }
    if version.name != "nt40":
        fields["SessionId"] = process.session
    return kind.image(fields)


class Parameters(NamedTuple):
    """What RtlCreateProcessParameters is told."""

    image: str  # DOS path of the image
    command_line: str
    directory: str  # current directory, with a backslash at its end
    dll_path: str
    environment: Mapping[str, str] = MappingProxyType({})
    standard: Sequence[int] = (0, 0, 0)  # handles: input, output, error
    title: str = ""
    console: int = 0  # ConsoleHandle


def environment_block(environment: Mapping[str, str]) -> bytes:
    """``name=value`` strings in order of their upper-case names, ended by an empty one."""
    lines = sorted(environment.items(), key=lambda item: item[0].upper())
    text = "".join(f"{name}={value}\0" for name, value in lines)
    return (text + ("\0" if text else "\0\0")).encode("utf-16-le", "surrogatepass")


def parameter_block(
    parameters: Parameters,
    environment: int,
    base: int = 0,
    kind: type[RTL_USER_PROCESS_PARAMETERS] = RTL_USER_PROCESS_PARAMETERS,
    **more: int,
) -> bytes:
    """RTL_USER_PROCESS_PARAMETERS; ``base``: where it is, if Buffers are to be addresses, not offsets."""
    size = kind.size()
    tail = bytearray()

    def string(text: str, room: int = 0) -> UNICODE_STRING:
        raw = text.encode("utf-16-le", "surrogatepass")
        place = base + size + len(tail)
        maximum = max(len(raw) + 2, room)
        tail.extend(raw.ljust(maximum + (-maximum % 4), b"\0"))
        return UNICODE_STRING(Length=len(raw), MaximumLength=maximum, Buffer=place)

    fields: dict[str, Any] = {
        "Flags": RTL_USER_PROC_PARAMS_NORMALIZED if base else 0,
        "ConsoleHandle": parameters.console,
        "StandardInput": parameters.standard[0],
        "StandardOutput": parameters.standard[1],
        "StandardError": parameters.standard[2],
        "CurrentDirectory": CURDIR(DosPath=string(parameters.directory, CURRENT_DIRECTORY_ROOM)),
        "DllPath": string(parameters.dll_path),
        "ImagePathName": string(parameters.image),
        "CommandLine": string(parameters.command_line),
        "Environment": environment,
        "WindowTitle": string(parameters.title or parameters.image),
        "DesktopInfo": string(""),
        "ShellInfo": string(""),
        "Length": size + len(tail),
        **more,
    }
    fields["MaximumLength"] = fields["Length"] + -fields["Length"] % PAGE
    return kind.image(fields) + bytes(tail)
