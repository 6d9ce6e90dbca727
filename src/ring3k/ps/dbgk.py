"""What the kernel tells the debugger of a process (dbgk), and how the process waits for the answer.

A message goes to the process's debug port: a debug object (XP and later), or on
2000 an LPC port (``ps.debug_port``).  While it is on its way and until the answer
comes, every other thread of the process is kept out of guest code; so a process
has one message under way, and a second thread with something to tell waits for
its turn.

NT oddities kept: the first thread tells of the process and then of ntdll; a
thread that waits for its debugger cannot be terminated before the answer; the
last thread tells of the process's end instead of its own, and only after all
others are gone; a thread hidden from the debugger tells nothing.
"""

from __future__ import annotations

from ring3k.abi.status import (
    DBG_EXCEPTION_NOT_HANDLED,
    STATUS_PORT_NOT_SET,
    STATUS_PROCESS_IS_TERMINATING,
    STATUS_UNSUCCESSFUL,
    GuestFault,
    NtError,
)
from ring3k.abi.struct import Structure
from ring3k.abi.structs.dbgk import (
    DBGKM_API,
    DBGKM_CREATE_PROCESS,
    DBGKM_CREATE_THREAD,
    DBGKM_EXCEPTION,
    DBGKM_EXIT,
    DBGKM_LOAD_DLL,
    DBGKM_UNLOAD_DLL,
)
from ring3k.abi.structs.job import JOB_LIMIT
from ring3k.abi.structs.ke import EXCEPTION_MAXIMUM_PARAMETERS, EXCEPTION_RECORD
from ring3k.abi.structs.lpc import LPC_TYPE
from ring3k.abi.structs.ps import NT_TIB, TEB_NT50
from ring3k.ke.thread import KThread, ThreadExit
from ring3k.ps.debug_object import DebugEvent, DebugObject
from ring3k.ps.debug_port import ask
from ring3k.ps.image_files import ImageFiles
from ring3k.ps.system_dll import SystemDll
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.ke.exception import Exception_
    from ring3k.ke.kernel import Kernel
    from ring3k.mm.segment import Segment
    from ring3k.ob.object import Object
    from ring3k.ps.process import Process
    from ring3k.ps.thread import Thread

MOST_MODULES = 500  # that attaching tells of
_LDR, _LOAD_ORDER, _BASE = 0x0C, 0x0C, 0x18  # PEB.Ldr; list head in it; DllBase in an entry of that list


class Message:
    """One thing to tell: which (DBGKM_API), the structure without handles, the image's file."""

    __slots__ = ("api", "body", "file")

    def __init__(self, api: int, body: Structure, file: Object | None = None) -> None:
        self.api = api
        self.body = body
        self.file = file

    def release(self) -> None:
        """Give up the file; whoever wants to keep it has a handle."""
        if self.file is not None:
            file, self.file = self.file, None
            file.dereference()


class Freezer:
    """Who keeps the threads of a process out of guest code, and who waits to do so."""

    def __init__(self) -> None:
        self.holder: Thread | None = None
        self._held: list[Thread] = []
        self._queue: list[Any] = []

    async def freeze(self, t: Thread) -> None:
        """Hold every thread but ``t``, once nobody else does."""
        while self.holder is not None:
            suspension = t.kernel.scheduler.suspension()
            self._queue.append(suspension)
            try:
                await suspension
            finally:
                if suspension in self._queue:
                    self._queue.remove(suspension)
        self.holder = t
        self._held = [one for one in t.process.threads if one is not t]
        for one in self._held:
            one.hold()

    def thaw(self) -> None:
        held, self._held, self.holder = self._held, [], None
        for one in held:
            one.release()
        queue, self._queue = self._queue, []
        for suspension in queue:
            suspension.complete(None)


def prepare(process: Process) -> None:
    """A process is to be debugged: what that takes."""
    kernel = process.kernel
    kernel.forward_exception = forward_exception
    kernel.report_view = report_view
    if process.freezer is None:
        process.freezer = Freezer()


async def send(t: Thread, message: Message) -> int:
    """Tell the debug port, with all other threads stopped; the answer, or STATUS_PORT_NOT_SET."""
    process = t.process
    t.reporting = True
    try:
        await process.freezer.freeze(t)
        try:
            port = process.debug_port
            if port is None:
                return STATUS_PORT_NOT_SET
            status: int = await port.report(t, message)
        finally:
            process.freezer.thaw()
    finally:
        t.reporting = False
        message.release()
    if t.terminating:
        raise ThreadExit
    return status


def listens(t: Thread) -> bool:
    """Whether somebody wants to hear from a thread."""
    return t.process.debug_port is not None and not t.hidden_from_debugger


# -- births ---------------------------------------------------------------------------------
def create_process_message(process: Process, start: int) -> Message:
    """About a process's image; ``start`` is where its first thread begins."""
    segment = process.section.segment if process.section is not None else None
    offset, count = process.image.symbols
    body = DBGKM_CREATE_PROCESS(
        BaseOfImage=process.image_base,
        DebugInfoFileOffset=offset,
        DebugInfoSize=count,
        InitialThread=DBGKM_CREATE_THREAD(StartAddress=start),
    )
    return Message(DBGKM_API.CreateProcess, body, process.kernel.part(ImageFiles).open(segment))


def load_message(kernel: Kernel, segment: Segment | None, base: int, name: int) -> Message:
    """About an image; ``name`` is where the debuggee has a pointer to its name."""
    image = segment.image if segment is not None else None
    offset, count = image.symbols if image is not None else (0, 0)
    body = DBGKM_LOAD_DLL(BaseOfDll=base, DebugInfoFileOffset=offset, DebugInfoSize=count, NamePointer=name)
    return Message(DBGKM_API.LoadDll, body, kernel.part(ImageFiles).open(segment))


def create_thread_message(start: int) -> Message:
    return Message(DBGKM_API.CreateThread, DBGKM_CREATE_THREAD(StartAddress=start))


async def report_birth(t: Thread) -> None:
    """A thread is about to run its first instruction."""
    process = t.process
    if t.reported or process.debug_port is None:
        return
    t.reported = True
    if process.reported:
        await send(t, create_thread_message(t.start_address))
        return
    process.reported = True
    await send(t, create_process_message(process, process.image.base + process.image.entry))
    if process.debug_port is None:
        return
    dll = t.kernel.part(SystemDll).section.segment
    await send(t, load_message(t.kernel, dll, process.dll_base, _name_ntdll(t)))


def _name_ntdll(t: Thread) -> int:
    """The name of ntdll in the TEB's buffer, and a pointer to it where loaders put one."""
    text, pointer = t.teb + TEB_NT50.offset("StaticUnicodeBuffer"), _name_pointer(t)
    try:
        t.memory.write(text, "ntdll.dll\0".encode("utf-16-le"))
        t.memory.write_u32(pointer, text)
    except GuestFault:
        return 0
    return pointer


def _name_pointer(t: KThread) -> int:
    """Where a loader leaves the name of what it maps: NT_TIB.ArbitraryUserPointer."""
    return t.teb + NT_TIB.offset("ArbitraryUserPointer")


async def report_view(t: Any, segment: Any, base: int) -> None:
    """An image was mapped by the calling thread, or (without a segment) unmapped."""
    if not listens(t):
        return
    if segment is None:
        await send(t, Message(DBGKM_API.UnloadDll, DBGKM_UNLOAD_DLL(BaseAddress=base)))
    else:
        await send(t, load_message(t.kernel, segment, base, _name_pointer(t)))


# -- ends -------------------------------------------------------------------------------------
async def report_end(t: Thread, last: bool) -> None:
    """The thread ends, and the process with its last one."""
    process = t.process
    if last:
        while len(process.threads) > 1:
            await t.wait([next(one for one in process.threads if one is not t)])
    if listens(t):
        api = DBGKM_API.ExitProcess if last else DBGKM_API.ExitThread
        await send(t, Message(api, DBGKM_EXIT(ExitStatus=t.exit_status)))


# -- exceptions ---------------------------------------------------------------------------------
async def forward_exception(t: Any, e: Exception_, first_chance: bool) -> bool:
    """Ask the debugger, and the second time the exception port; True when the thread goes on."""
    parameters = list(e.parameters[:EXCEPTION_MAXIMUM_PARAMETERS])
    record = EXCEPTION_RECORD(
        ExceptionCode=e.code,
        ExceptionFlags=e.flags,
        ExceptionRecord=e.record,
        ExceptionAddress=e.address,
        NumberParameters=len(parameters),
        ExceptionInformation=parameters + [0] * (EXCEPTION_MAXIMUM_PARAMETERS - len(parameters)),
    )
    body = DBGKM_EXCEPTION(ExceptionRecord=record, FirstChance=first_chance)
    if listens(t):
        status = await send(t, Message(DBGKM_API.Exception, body))
        if _handled(status):
            return True
    port = t.process.exception_port
    if first_chance or port is None or _dies_at_once(t.process):
        return False
    t.reporting = True
    try:
        status = await ask(t, port, LPC_TYPE.LPC_EXCEPTION, Message(DBGKM_API.Exception, body))
    finally:
        t.reporting = False
    if t.terminating:
        raise ThreadExit
    return _handled(status)


def _handled(status: int) -> bool:
    return status != DBG_EXCEPTION_NOT_HANDLED and status < 0x80000000


def _dies_at_once(process: Process) -> bool:
    """Whether its job wants no questions asked."""
    return process.job is not None and bool(process.job.limits & JOB_LIMIT.DIE_ON_UNHANDLED_EXCEPTION)


# -- attaching ------------------------------------------------------------------------------------
def attach(debugger: DebugObject, process: Process) -> None:
    """Debug a running process: tell of all that it already has."""
    if process.exiting:
        raise NtError(STATUS_PROCESS_IS_TERMINATING)
    threads = [one for one in process.threads if not one.dying]
    if not threads:
        raise NtError(STATUS_UNSUCCESSFUL)
    prepare(process)
    debugger.attach(process)
    process.reported = True
    events: list[DebugEvent] = []
    for index, thread in enumerate(threads):
        thread.reported = True
        first = index == 0
        message = create_process_message(process, 0) if first else create_thread_message(thread.start_address)
        event = DebugEvent(thread, message, None)
        try:
            thread.suspend()
            event.suspended = True
        except NtError:
            pass  # suspended as often as can be: NT goes on, too
        events.append(event)
    events += _modules(threads[0])
    for event in events:
        debugger.add(event)


def _modules(t: Thread) -> list[DebugEvent]:
    """Events for what the loader's list (the guest's) names, but for its first entry, the image."""
    process, kernel = t.process, t.kernel
    events: list[DebugEvent] = []
    try:
        head = process.memory.read_u32(process.peb + _LDR) + _LOAD_ORDER & 0xFFFFFFFF
        entry = process.memory.read_u32(process.memory.read_u32(head))
        for _ in range(MOST_MODULES):
            if entry == head:
                break
            base = process.memory.read_u32((entry + _BASE) & 0xFFFFFFFF)
            vad = process.vm.find(base)
            segment = vad.segment if vad is not None and vad.start == base else None
            if segment is not None and segment.image is not None:
                events.append(DebugEvent(t, load_message(kernel, segment, base, 0), None))
            entry = process.memory.read_u32(entry)
    except GuestFault:
        pass
    return events
