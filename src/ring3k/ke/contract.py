"""The contract between a kernel and its ntdll: how user mode is entered.

What is here is NT's own.  An ntdll made for another kernel is entered in other
ways; whatever differs is a subclass, and lives with its userland.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from struct import pack
from types import MappingProxyType

from ring3k.abi.structs.ke import CONTEXT
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread, UserApc


class Contract:
    """NT's contract."""

    APC_FRAME = 16  # bytes below the CONTEXT

    LICENSES = ""  # the key below \\Registry with licence values
    DEVICE_TYPES: dict[int, int] = {}  # noqa: RUF012  # those that are told as others
    BASE_PRIORITY_IS_CLASS = False  # whether a process's base priority is told as its priority class
    READ_IS_EXECUTE = False  # whether who may read a file may make an image section of it

    CHECKS_ALIGNMENT = True
    CHECKS_OPENING = True  # whether bad attributes and qualities of service make opening a file fail
    LEVEL_AS_EFFECTIVE = False  # whether NtDuplicateToken's EffectiveOnly is the copy's level
    HARD_ERROR_MODE_FLIPPED = 0  # bits of a process's error mode that are told, and set, as their opposite
    ATTRIBUTES_FOR_ALL = False  # whether who has a file open may see and change times and attributes

    def object_name(self, t: KThread, name: str) -> str:
        """The full name of an object, as NtQueryObject tells it."""
        return name

    def pipe_server(self, name: str) -> Callable[[KThread], Coroutine[Any, Any, None]] | None:
        """Starts the server of a pipe that is not there, and awaits it; the name has a backslash first."""
        return None

    def pipe_descriptor(self, t: KThread, name: str) -> Any:
        """The security descriptor of a pipe whose maker gives none; None: as of any other object."""
        return None

    # Information classes that only this userland has: (system call, class) -> what answers it.
    private_classes: Mapping[tuple[str, int], Callable[..., Any]] = MappingProxyType({})

    def apc_frame(self, apc: UserApc, context: int) -> bytes:
        """What KiUserApcDispatcher finds on the stack below the CONTEXT at ``context``."""
        return pack("<4I", apc.routine, apc.context, apc.argument1, apc.argument2)

    def begin(self, t: KThread, context: CONTEXT, thunk: int) -> None:
        """Give a new thread its first registers: it receives an APC, whose routine is LdrInitializeThunk."""
        from ring3k.ke.apc import initial_apc

        initial_apc(t, context, thunk, (0, t.process.dll_base, 0))


NT = Contract()
