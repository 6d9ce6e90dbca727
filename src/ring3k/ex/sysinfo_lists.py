"""Lists that NtQuerySystemInformation tells: processes, handles, object types, modules, paging files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ring3k.abi.status import STATUS_INFO_LENGTH_MISMATCH, STATUS_UNSUCCESSFUL, NtError
from ring3k.abi.strings import UNICODE_STRING
from ring3k.abi.structs import sysinfo as si
from ring3k.abi.structs.ex import (
    RTL_PROCESS_MODULE_INFORMATION,
    SYSTEM_HANDLE_TABLE_ENTRY_INFO,
    SYSTEM_OBJECTTYPE_INFORMATION,
)
from ring3k.abi.structs.ke import KTHREAD_STATE, KWAIT_REASON
from ring3k.abi.structs.ps import CLIENT_ID
from ring3k.abi.version import Version
from ring3k.ex.settings import FLG_MAINTAIN_OBJECT_TYPELIST, SystemSettings
from ring3k.ke.thread import KThread
from ring3k.mm.commit import CommitAccount
from ring3k.ob.object import ObjectType, TypeTable
from ring3k.ps.counters import io_counters, memory_counters
from ring3k.ps.table import ClientIdTable
from ring3k.typed import Any

PAGE = 4096
ThreadEntry = Callable[[Any], bytes]


def _chained(entries: Iterable[bytes]) -> bytes:
    """Entries one after the other, each with the distance to the next in its first word, 0 in the last."""
    made = list(entries)
    for index, entry in enumerate(made[:-1]):
        made[index] = len(entry).to_bytes(4, "little") + entry[4:]
    return b"".join(made)


# -- processes ---------------------------------------------------------------------------
def _process_list(
    t: KThread, address: int, thread_entry: ThreadEntry, wanted: Callable[[Any], bool] | None = None
) -> bytes:
    """Every process with its threads; all of them are led by the idle process and the system's own."""
    clients = t.kernel.part(ClientIdTable)
    made = [] if wanted else [_idle_entry()]
    if not wanted:
        made.append(_system_entry(clients.system, address + len(made[0])))
    place = address + sum(map(len, made))
    for process in clients.running.values():
        if wanted is None or wanted(process):
            made.append(_process_entry(process, place, thread_entry))
            place += len(made[-1])
    return _chained(made)


def _idle_entry() -> bytes:
    return si.SYSTEM_PROCESS_INFORMATION(ImageName=UNICODE_STRING()).pack()


def _system_entry(pid: int, address: int) -> bytes:
    """The kernel's own process, where processes without a parent come from."""
    size = si.SYSTEM_PROCESS_INFORMATION.size()
    name = "System".encode("utf-16-le")
    head = si.SYSTEM_PROCESS_INFORMATION(
        ImageName=UNICODE_STRING(Length=len(name), MaximumLength=len(name) + 2, Buffer=address + size),
        BasePriority=8,
        UniqueProcessId=pid,
    )
    out = head.pack() + name + b"\0\0"
    return out + bytes(-len(out) % 8)


def _process_entry(process: Any, address: int, thread_entry: ThreadEntry) -> bytes:
    """One SYSTEM_PROCESS_INFORMATION, its threads and its name."""
    threads = b"".join(thread_entry(one) for one in process.threads)
    name: bytes = process.file_name.encode("utf-16-le", "surrogatepass")[:0xFFFC]
    user, kernel = process.times()
    place = address + si.SYSTEM_PROCESS_INFORMATION.size() + len(threads)
    head = si.SYSTEM_PROCESS_INFORMATION(
        NumberOfThreads=len(process.threads),
        CreateTime=process.create_time,
        UserTime=user,
        KernelTime=kernel,
        ImageName=UNICODE_STRING(Length=len(name), MaximumLength=len(name) + 2, Buffer=place),
        BasePriority=process.base_priority,
        UniqueProcessId=process.pid,
        InheritedFromUniqueProcessId=process.parent_pid,
        HandleCount=process.handles.count,
        SessionId=process.session,
        PrivatePageCount=process.vm.committed,
        **memory_counters(process.vm),
        **io_counters(process.io_counters),
    )
    out = head.pack() + threads + name + b"\0\0"
    return out + bytes(-len(out) % 8)


def _thread_entry(thread: Any) -> bytes:
    user, kernel = thread.times()
    guest = thread.guest
    # a call under way that has not come back
    waiting = len(thread.tasks) > len(thread.callbacks) or (guest is not None and guest.seated)
    reason = KWAIT_REASON.Suspended if thread.suspend_count else KWAIT_REASON.UserRequest
    return si.SYSTEM_THREAD_INFORMATION(
        KernelTime=kernel,
        UserTime=user,
        CreateTime=thread.create_time,
        StartAddress=thread.start_address,
        ClientId=CLIENT_ID(UniqueProcess=thread.process.pid, UniqueThread=thread.tid),
        Priority=thread.priority,
        BasePriority=thread.priority,
        ThreadState=KTHREAD_STATE.Waiting if waiting or thread.parked else KTHREAD_STATE.Running,
        WaitReason=reason if waiting or thread.parked else KWAIT_REASON.Executive,
    ).pack()


def _extended_thread_entry(thread: Any) -> bytes:
    """The same, and where its stack and its Win32 entry are; the TEB is the guest's own word."""
    start = int(thread.win32_start_address)
    tail = bytes(8) + start.to_bytes(4, "little") + bytes(16)
    entry = _thread_entry(thread) + tail
    return entry + bytes(-len(entry) % 8)


def processes(t: KThread, address: int) -> bytes:
    return _process_list(t, address, _thread_entry)


def extended_processes(t: KThread, address: int) -> bytes:
    return _process_list(t, address, _extended_thread_entry)


def session_processes(t: KThread, address: int) -> bytes:
    """The processes of one session, into a buffer that the caller's structure names."""
    asked = si.SYSTEM_SESSION_PROCESS_INFORMATION.load(t.memory, address)
    data = _process_list(t, asked.Buffer, _thread_entry, lambda process: process.session == asked.SessionId)
    room = asked.SizeOfBuf
    asked.SizeOfBuf = len(data)
    if len(data) > room:
        t.memory.write(address, asked.pack())
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    t.memory.probe_write(asked.Buffer, len(data))
    t.memory.write(asked.Buffer, data)
    return asked.pack()


# -- handles and objects ---------------------------------------------------------------------
def _all_handles(t: KThread) -> Iterator[tuple[Any, int, Any]]:
    for process in t.kernel.part(ClientIdTable).running.values():
        for handle, entry in process.handles.items():
            yield process, handle, entry


def handles(t: KThread, address: int) -> bytes:
    entries = [
        SYSTEM_HANDLE_TABLE_ENTRY_INFO(
            UniqueProcessId=process.pid,
            ObjectTypeIndex=entry.object.type.index,
            HandleAttributes=entry.protect | entry.inherit << 1,
            HandleValue=handle & 0xFFFF,
            Object=entry.object.address,
            GrantedAccess=entry.granted,
        ).pack()
        for process, handle, entry in _all_handles(t)
    ]
    return len(entries).to_bytes(4, "little") + b"".join(entries)


def extended_handles(t: KThread, address: int) -> bytes:
    entries = [
        si.SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX(
            Object=entry.object.address,
            UniqueProcessId=process.pid,
            HandleValue=handle,
            GrantedAccess=entry.granted,
            ObjectTypeIndex=entry.object.type.index,
            HandleAttributes=entry.protect | entry.inherit << 1,
        ).pack()
        for process, handle, entry in _all_handles(t)
    ]
    return len(entries).to_bytes(8, "little") + b"".join(entries)


def objects(t: KThread, address: int) -> bytes:
    """Types, with their objects that have handles.

    Only if the system was started with the flag that has such lists kept.
    """
    if not t.kernel.late_part(SystemSettings).global_flag & FLG_MAINTAIN_OBJECT_TYPELIST:
        raise NtError(STATUS_UNSUCCESSFUL)
    by_type: dict[str, dict[int, Any]] = {}
    for _, _, entry in _all_handles(t):
        by_type.setdefault(entry.object.type.name, {})[entry.object.address] = entry.object
    out = b""
    types = list(t.kernel.part(TypeTable))
    for kind in types:
        out += _type_entry(kind, by_type.get(kind.name, {}).values(), address, len(out), kind is types[-1])
    return out


def _type_entry(kind: ObjectType, members: Iterable[Any], address: int, at: int, last: bool) -> bytes:
    """One type and its objects; the distances are from the start of the whole answer."""
    size = SYSTEM_OBJECTTYPE_INFORMATION.size()
    name = kind.name.encode("utf-16-le")
    head = SYSTEM_OBJECTTYPE_INFORMATION(
        NumberOfObjects=kind.objects,
        NumberOfHandles=kind.handles,
        TypeIndex=kind.index,
        InvalidAttributes=kind.rights.invalid_attributes,
        GenericRead=kind.rights.mapping.read,
        GenericWrite=kind.rights.mapping.write,
        GenericExecute=kind.rights.mapping.execute,
        GenericAll=kind.rights.mapping.all,
        ValidAccessMask=kind.rights.valid,
        TypeName=UNICODE_STRING(Length=len(name), MaximumLength=len(name) + 2, Buffer=address + at + size),
    )
    body = name + b"\0\0"
    body += bytes(-len(body) % 4)
    all_of_it = list(members)
    for number, one in enumerate(all_of_it):
        place = at + size + len(body)
        body += _object_entry(one, address, place, number == len(all_of_it) - 1)
    head.NextEntryOffset = 0 if last else at + size + len(body)
    return head.pack() + body


def _object_entry(one: Any, address: int, place: int, last: bool) -> bytes:
    size = si.SYSTEM_OBJECT_INFORMATION.size()
    name = one.full_name().encode("utf-16-le", "surrogatepass")[:0xFFFC]
    text = name + b"\0\0" if name else b""
    text += bytes(-len(text) % 4)
    head = si.SYSTEM_OBJECT_INFORMATION(
        NextEntryOffset=0 if last else place + size + len(text),
        Object=one.address,
        PointerCount=one.pointer_count,
        HandleCount=one.handle_count,
        NameInfo=UNICODE_STRING(
            Length=len(name),
            MaximumLength=len(name) + 2 if name else 0,
            Buffer=address + place + size if name else 0,
        ),
    )
    return head.pack() + text


# -- modules and paging files --------------------------------------------------------------------
_KERNEL = {
    "nt40": 0x80100000,
    "nt50": 0x80400000,
    "nt51": 0x804D7000,
    "nt52": 0x80800000,
    "nt100": 0x80800000,
}


def modules(t: KThread, address: int) -> bytes:
    """What programs look for: the kernel and the hardware layer.  Their addresses are where NT has them."""
    version = t.kernel.part(Version)
    folder = version.system_root[2:].upper()
    entries = []
    base = _KERNEL[version.name]
    for order, (name, size) in enumerate((("ntoskrnl.exe", 0x200000), ("HAL.DLL", 0x20000))):
        path = f"{folder}\\System32\\{name}".encode("ascii")
        entries.append(
            RTL_PROCESS_MODULE_INFORMATION(
                ImageBase=base,
                ImageSize=size,
                Flags=0x08804000,
                LoadOrderIndex=order,
                LoadCount=1,
                OffsetToFileName=len(path) - len(name),
                FullPathName=path.ljust(256, b"\0"),
            ).pack()
        )
        base += size
    return len(entries).to_bytes(4, "little") + b"".join(entries)


def page_files(t: KThread, address: int) -> bytes:
    size = si.SYSTEM_PAGEFILE_INFORMATION.size()

    def entries() -> Iterator[bytes]:
        place = address
        for file in t.kernel.part(CommitAccount).usage():
            name = file.name.encode("utf-16-le", "surrogatepass")[:0xFFFC]
            text = UNICODE_STRING(Length=len(name), MaximumLength=len(name) + 2, Buffer=place + size)
            head = si.SYSTEM_PAGEFILE_INFORMATION(
                TotalSize=file.size // PAGE,
                TotalInUse=file.used // PAGE,
                PeakUsage=file.peak // PAGE,
                PageFileName=text,
            )
            entry = head.pack() + name + b"\0\0"
            entry += bytes(-len(entry) % 4)
            place += len(entry)
            yield entry

    return _chained(entries())
