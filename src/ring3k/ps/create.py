"""Making processes and threads: address space, images, environment blocks, stacks.

A process gets, in this order: the shared user data page, its image, ntdll, the
PEB.  A thread gets a TEB and starts in ntdll (``ps.thread``); its stack is made
by whoever creates it, here for the first thread of a process without a parent.
"""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.status import (
    STATUS_IMAGE_MACHINE_TYPE_MISMATCH,
    STATUS_INVALID_IMAGE_FORMAT,
    STATUS_INVALID_PARAMETER,
    STATUS_NO_MEMORY,
    NtError,
)
from ring3k.abi.structs.ke import CONTEXT
from ring3k.abi.structs.mm import (
    MEM_COMMIT,
    MEM_RELEASE,
    MEM_RESERVE,
    MEM_TOP_DOWN,
    PAGE_GUARD,
    PAGE_READWRITE,
    SECTION_INHERIT,
)
from ring3k.abi.structs.ps import INITIAL_TEB, PEB_NT40
from ring3k.abi.structs.ps6 import (
    THREAD_CREATE_FLAGS_CREATE_SUSPENDED,
    THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER,
)
from ring3k.abi.version import Version
from ring3k.engine.protocol import PAGE
from ring3k.hooks.events import ProcessCreated, ThreadCreated
from ring3k.mm.address_space import AddressSpace
from ring3k.mm.section import Section
from ring3k.mm.vad import GRANULARITY
from ring3k.ob.object import TypeTable
from ring3k.ps.contract import FRESH
from ring3k.ps.kuser import SharedUserData
from ring3k.ps.peb import Parameters, peb_image
from ring3k.ps.process import Process
from ring3k.ps.system_dll import SystemDll
from ring3k.ps.teb import write_flags, write_teb
from ring3k.ps.thread import Thread
from ring3k.se.monitor import ReferenceMonitor
from ring3k.se.token import Token
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel

MOST_PROCESSES = 2048  # each is a process of the host
IMAGE_DLLCHARACTERISTICS_NX_COMPAT = 0x100
MEM_EXECUTE_OPTION_DISABLE = 0x1
MEM_EXECUTE_OPTION_PERMANENT = 0x8
DEFAULT_STACK_RESERVE = 0x100000
DEFAULT_STACK_COMMIT = 0x1000


def create_process(
    kernel: Kernel,
    parent: Process | None,
    section: Section | None,
    *,
    inherit_handles: bool = False,
    debug_port: Any = None,
    inherit_debug: bool = True,
    exception_port: Any = None,
    token: Token | None = None,
    breakaway: bool = False,
    job_level: int = 0,
) -> Process:
    """A process without a thread.  The caller references it at once, or it is gone with the next handle.

    ``token``: its primary token; otherwise a copy of its parent's, or LocalSystem's.
    It is in its parent's job unless it may break away, or (``job_level``) in another of the same set.
    """
    original = parent if section is None else None
    if original is not None:
        section = original.section
    if section is None or section.segment.image is None:
        raise NtError(STATUS_INVALID_IMAGE_FORMAT)
    if kernel.part(TypeTable).of(Process).objects >= MOST_PROCESSES:
        raise NtError(STATUS_NO_MEMORY)
    job = None
    if parent is not None and parent.job is not None:
        job = parent.job.child_job(breakaway, job_level)
    elif job_level:
        raise NtError(STATUS_INVALID_PARAMETER)
    process = Process(kernel, parent, section.segment.name, section.segment.image)
    try:
        monitor = kernel.part(ReferenceMonitor)
        if token is None:
            token = monitor.child_token(parent.token) if parent is not None else monitor.system_token()
        process.set_token(token)
        if parent is None:
            process.session = process.token.session
            monitor.secure_as(process.token, process)
        space = kernel.new_space()
        nx = _wants_nx(kernel, process)
        process.set_memory(space, AddressSpace(kernel, space, nx))
        process.vm.tells_execution = kernel.part(Version).level >= 60
        process.execute_flags = MEM_EXECUTE_OPTION_DISABLE | MEM_EXECUTE_OPTION_PERMANENT if nx else 0
        process.section = section
        section.reference()
        if original is None:
            _fill(process, section, kernel)
        else:
            _copy(process, original)
        if job is not None:
            job.add(process)
        if parent is not None and inherit_handles:
            parent.handles.inherit_into(process.handles)
        _set_ports(process, parent, debug_port, exception_port)
        process.no_debug_inherit = not inherit_debug
        if original is None:
            _write_peb(process)
    except BaseException:
        process.reference()
        process.dereference()
        raise
    if kernel.bus.hears(ProcessCreated):
        kernel.bus.emit(ProcessCreated(process.pid, process.image_name, process.parent_pid))
    return process


def _set_ports(process: Process, parent: Process | None, debug_port: Any, exception_port: Any) -> None:
    """Who hears of exceptions first, and second.  Children are debugged, too, unless that was refused."""
    if debug_port is None and parent is not None and not parent.no_debug_inherit:
        debug_port = parent.debug_port
    if debug_port is not None:
        from ring3k.ps.dbgk import prepare  # few processes are debugged

        prepare(process)
        with suppress(NtError):  # its last handle is just gone
            debug_port.attach(process)
    if exception_port is not None:
        set_exception_port(process, exception_port)


def set_exception_port(process: Process, port: Any) -> None:
    """Who is asked when nobody handles an exception."""
    from ring3k.ps.dbgk import prepare

    prepare(process)
    port.reference()
    process.exception_port = port


def _wants_nx(kernel: Kernel, process: Process) -> bool:
    """Whether only what is meant to be executed may be: since Vista, for programs that say that they can."""
    if kernel.part(Version).level < 60:
        return False
    return bool(process.image.dll_characteristics & IMAGE_DLLCHARACTERISTICS_NX_COMPAT)


def _fill(process: Process, section: Section, kernel: Kernel) -> None:
    """Map what every process has."""
    vm = process.vm
    shared = kernel.part(SharedUserData)
    vm.map_shared_data(shared.store, shared.executable)
    status, base, _, _ = vm.map_view(section, inherit=SECTION_INHERIT.ViewShare)
    if status == STATUS_IMAGE_MACHINE_TYPE_MISMATCH:
        raise NtError(STATUS_INVALID_IMAGE_FORMAT)
    process.image_base = base
    _, process.dll_base, _, _ = vm.map_view(kernel.part(SystemDll).section, inherit=SECTION_INHERIT.ViewShare)
    _set_call_return(process)


def _copy(process: Process, original: Process) -> None:
    """A process without a section of its own starts as a copy of its parent's memory."""
    shared = process.kernel.part(SharedUserData)
    process.vm.map_shared_data(shared.store, shared.executable)
    original.vm.clone_into(process.vm)
    process.image_base, process.peb, process.dll_base = original.image_base, original.peb, original.dll_base
    process.memory.poke(process.peb + PEB_NT40.offset("InheritedAddressSpace"), b"\1")
    _set_call_return(process)


def _set_call_return(process: Process) -> None:
    address = process.user_address("KiFastSystemCallRet")
    if address:
        process.memory.set_system_call_return(address)


def _write_peb(process: Process) -> None:
    contract = process.contract
    process.peb = _pages(process, contract.PEB_SIZE, contract.PEB_ADDRESS)
    process.memory.poke(process.peb, peb_image(process, process.kernel.part(Version)))
    contract.prepare(process)


def _pages(process: Process, size: int, address: int = 0) -> int:
    """A PEB or TEB: pages of its own that the guest can neither free nor protect."""
    kind = FRESH if address else FRESH | MEM_TOP_DOWN
    limit = process.contract.PEB_ADDRESS
    base, _ = process.vm.allocate(address, size, kind, PAGE_READWRITE, alignment=PAGE, limit=limit)
    process.vm.secure(base)
    return base


def create_thread(
    process: Process, context: CONTEXT, stack: INITIAL_TEB, suspended: bool, flags: int = 0
) -> Thread:
    """A thread of a process; it runs as soon as the host has made it.

    ``flags``: of NtCreateThreadEx, whose thread owns its stack.
    """
    teb = _pages(process, process.contract.TEB_SIZE)
    thread = Thread(process, teb, context)
    try:
        ids = process.pid, thread.tid
        write_teb(process.memory, teb, process.peb, ids, stack, process.contract.FIBER_DATA)
        if flags:
            write_flags(process.memory, teb, flags)
            thread.hidden_from_debugger = bool(flags & THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER)
        thread.start(suspended)
    except BaseException:
        process.vm.free_secured(teb)
        thread.reference()
        thread.dereference()
        raise
    bus = process.kernel.bus
    if bus.hears(ThreadCreated):
        bus.emit(ThreadCreated(process.pid, thread.tid, thread.start_address))
    return thread


# -- what the creator of a first process does ----------------------------------------
def create_stack(process: Process, commit: int = 0, reserve: int = 0, zero_bits: int = 0) -> INITIAL_TEB:
    """A growing stack: reserved, its top committed, a guard page below.  Sizes of 0: the image's."""
    image = process.image
    reserve = reserve or image.stack_reserve or DEFAULT_STACK_RESERVE
    least = process.contract.LEAST_STACK
    commit = max(commit or image.stack_commit or DEFAULT_STACK_COMMIT, least)
    if least and commit + GRANULARITY > reserve:  # there is to be an end of it
        reserve = commit + GRANULARITY
    if commit >= reserve:
        reserve = commit + 0xFFFFF & -0x100000
    reserve = reserve + GRANULARITY - 1 & -GRANULARITY
    commit = commit + PAGE - 1 & -PAGE
    vm = process.vm
    base, size = vm.allocate(0, reserve, MEM_RESERVE, PAGE_READWRITE, zero_bits)
    top = base + size
    limit = top - commit
    try:
        vm.allocate(limit, commit, MEM_COMMIT, PAGE_READWRITE)
        if limit > base:
            vm.allocate(limit - PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD)
    except NtError:
        vm.free(base, 0, MEM_RELEASE)
        raise
    return INITIAL_TEB(StackBase=top, StackLimit=limit, AllocatedStackBase=base)


def start_thread(
    process: Process,
    start: int,
    argument: int,
    flags: int = 0,
    commit: int = 0,
    reserve: int = 0,
    zero_bits: int = 0,
) -> Thread:
    """NtCreateThreadEx's work: a thread with a stack that goes when it goes."""
    stack = create_stack(process, commit, reserve, zero_bits)
    try:
        context = process.contract.thread_context(process, start, argument, stack.StackBase)
        suspended = bool(flags & THREAD_CREATE_FLAGS_CREATE_SUSPENDED)
        thread = create_thread(process, context, stack, suspended, flags)
    except BaseException:
        process.vm.free(stack.AllocatedStackBase, 0, MEM_RELEASE)
        raise
    thread.own_stack = stack.AllocatedStackBase
    return thread


def write_parameters(process: Process, parameters: Parameters) -> None:
    """Environment and process parameters, where and as ntdll expects them."""
    process.contract.write_parameters(process, parameters)


def start_first_thread(process: Process, suspended: bool = False) -> Thread:
    """RtlCreateUserThread for the image's entry point, with the PEB as its argument."""
    stack = create_stack(process)
    entry = process.image_base + process.image.entry
    context = process.contract.thread_context(process, entry, process.peb, stack.StackBase)
    thread = create_thread(process, context, stack, suspended)
    process.kernel.part(ReferenceMonitor).secure_as(process.token, thread)
    return thread
