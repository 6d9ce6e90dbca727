"""What NtCreateUserProcess makes: a process, its handles and parameters, and its first thread, at once.

Which handles a new process gets:

* with PROCESS_CREATE_FLAGS_INHERIT_HANDLES every inheritable one, or those of a
  handle list and the standard handles;
* without it, a console program all the same gets its standard handles, unless
  its creator set them itself (STARTF_USESTDHANDLES): they are duplicated;
* a console's handle (but not the small negative numbers that stand for a kind of
  console) is duplicated in both cases; a program without a console has none.
"""

from __future__ import annotations

from ring3k.abi.status import NtError
from ring3k.abi.structs.ps6 import PS_STD_HANDLE_STATE, THREAD_CREATE_FLAGS_CREATE_SUSPENDED
from ring3k.ps.create import create_process, start_thread
from ring3k.typed import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.mm.section import Section
    from ring3k.ps.job import Job
    from ring3k.ps.parameters import ParameterBlock
    from ring3k.ps.process import Process
    from ring3k.ps.thread import Thread
    from ring3k.se.token import Token

IMAGE_SUBSYSTEM_WINDOWS_CUI = 3
STARTF_USESTDHANDLES = 0x100
STANDARD = ("StandardInput", "StandardOutput", "StandardError")
KINDS_OF_CONSOLE = 0xFFFFFFF0  # this and above


class Wish(NamedTuple):
    """What a new process is to be."""

    parent: Process
    section: Section
    parameters: ParameterBlock
    inherit: bool = False
    handles: list[int] | None = None  # of those that are inherited, only these
    standard: tuple[int, int] | None = None  # PS_STD_HANDLE_INFO
    debug_port: Any = None
    inherit_debug: bool = True
    token: Token | None = None
    breakaway: bool = False
    jobs: tuple[Job, ...] = ()
    thread_flags: int = 0


def create_user_process(kernel: Kernel, wish: Wish) -> tuple[Process, Thread]:
    """The process and its thread, which waits to be told to run.  The caller holds neither."""
    process = create_process(
        kernel,
        wish.parent,
        wish.section,
        debug_port=wish.debug_port,
        inherit_debug=wish.inherit_debug,
        token=wish.token,
        breakaway=wish.breakaway,
    )
    process.reference()
    try:
        for job in wish.jobs:
            job.add(process)
        _give_handles(process, wish)
        wish.parameters.write(process)
        start = process.image_base + process.image.entry
        flags = wish.thread_flags | THREAD_CREATE_FLAGS_CREATE_SUSPENDED
        thread = start_thread(process, start, process.peb, flags)
    finally:
        process.dereference()
    return process, thread


def _give_handles(process: Process, wish: Wish) -> None:
    """Inherit and duplicate; the parameters name the copies then."""
    fields = wish.parameters.fields
    console = process.image.subsystem == IMAGE_SUBSYSTEM_WINDOWS_CUI
    if wish.inherit:
        only = None
        if wish.handles is not None:
            only = {handle & ~3 for handle in (*wish.handles, *(getattr(fields, one) for one in STANDARD))}
        wish.parent.handles.inherit_into(process.handles, only)
    for number, name in enumerate(STANDARD):
        handle = getattr(fields, name)
        if wish.standard is not None:
            state, mask = wish.standard
            if state != PS_STD_HANDLE_STATE.PsNeverDuplicate and mask >> number & 1:
                setattr(fields, name, _copy(process, wish.parent, handle, inherit=True))
        elif not wish.inherit:
            wanted = console and not fields.WindowFlags & STARTF_USESTDHANDLES
            setattr(fields, name, _copy(process, wish.parent, handle, inherit=True) if wanted else 0)
    if not console:
        fields.ConsoleHandle = 0
    elif fields.ConsoleHandle < KINDS_OF_CONSOLE:
        fields.ConsoleHandle = _copy(process, wish.parent, fields.ConsoleHandle)


def _copy(process: Process, parent: Process, handle: int, inherit: bool = False) -> int:
    """A duplicate in the new process; 0 for what is no handle."""
    if not handle or handle >= KINDS_OF_CONSOLE:
        return handle
    try:
        entry = parent.handles.entry(handle)
    except NtError:
        return 0
    made: int = process.handles.insert(entry.object, entry.granted, inherit)
    return made
