"""System calls that only Wine's ntdll has."""

from __future__ import annotations

from ring3k.abi.call import PARTIAL, Answer, syscall
from ring3k.abi.status import STATUS_NOT_SUPPORTED
from ring3k.abi.types import Handle, InBuffer, Pointer, Sized, Ulong
from ring3k.hooks.events import DebugPrint
from ring3k.ke.thread import KThread as Thread
from ring3k.typed import Annotated
from ring3k.userland.unix_calls import UnixCalls

MOST_SHOWN = 1 << 16


@syscall()
def __wine_unix_call(t: Thread, handle_low: Ulong, handle_high: Ulong, code: Ulong, args: Pointer) -> Answer:
    """Call a function of the host, by a DLL's handle and an index (``userland.unix_calls``)."""
    return t.kernel.part(UnixCalls).find(handle_low | handle_high << 32, code)(t, args)


@syscall()
def __wine_dbg_write(t: Thread, str_: Annotated[InBuffer, Sized("len_")], len_: Ulong) -> int:
    """Show a line of the DLLs' own tracing (on the host's standard error)."""
    data = str_.read(min(len_, MOST_SHOWN))
    if data.startswith(b"wine: ") and data.rstrip().endswith(b", starting debugger..."):
        return len(data)  # none is started; the report of the crash says more
    t.kernel.bus.emit(DebugPrint(t.process.pid, t.tid, data.decode("utf-8", "replace")))
    return len(data)


@syscall(PARTIAL, "no program of the host can be started")
def __wine_unix_spawnvp(t: Thread, argv: Pointer, wait: Ulong) -> int:
    """Start a program of the host: refused."""
    return STATUS_NOT_SUPPORTED


@syscall(PARTIAL, "files of the host have no names of their own here")
def wine_nt_to_unix_file_name(
    t: Thread, attr: Pointer, name: Pointer, size: Pointer, disposition: Ulong
) -> int:
    """The host's name of a file: none is told."""
    return STATUS_NOT_SUPPORTED


@syscall(PARTIAL, "files of the host have no names of their own here")
def wine_unix_to_nt_file_name(t: Thread, name: Pointer, buffer: Pointer, size: Pointer) -> int:
    """The NT name of a file of the host: none is told."""
    return STATUS_NOT_SUPPORTED


@syscall(PARTIAL, "the requests of user32 only")
def wine_server_call(t: Thread, req_ptr: Pointer) -> int:
    """Ask Wine's server, which user32 does for some of what it wants of windows."""
    from ring3k.userland.wine_server import answer

    return answer(t, req_ptr)


@syscall(PARTIAL, "descriptors of the host do not become handles")
def wine_server_fd_to_handle(t: Thread, fd: Ulong, access: Ulong, attributes: Ulong, handle: Pointer) -> int:
    """A handle for a host's descriptor: refused."""
    return STATUS_NOT_SUPPORTED


@syscall(PARTIAL, "handles do not become descriptors of the host")
def wine_server_handle_to_fd(
    t: Thread, handle: Handle, access: Ulong, unix_fd: Pointer, options: Pointer
) -> int:
    """A host's descriptor for a handle: refused."""
    return STATUS_NOT_SUPPORTED
