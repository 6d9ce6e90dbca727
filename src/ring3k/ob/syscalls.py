"""Handles and names: close, duplicate, query, directories, symbolic links."""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.access import (
    DELETE,
    DIRECTORY_QUERY,
    PROCESS_DUP_HANDLE,
    SYMBOLIC_LINK_QUERY,
    DirectoryAccess,
    SymbolicLinkAccess,
    map_generic,
)
from ring3k.abi.call import syscall
from ring3k.abi.enums import DuplicateOptions, ObjectFlags
from ring3k.abi.status import (
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INVALID_HANDLE,
    STATUS_MORE_ENTRIES,
    STATUS_NO_MORE_ENTRIES,
    STATUS_PROCESS_IS_TERMINATING,
    GuestFault,
    NtError,
)
from ring3k.abi.strings import (
    OBJ_INHERIT,
    UNICODE_STRING,
    LinkTarget,
    ObjectAttributesArg,
)
from ring3k.abi.structs.ob import (
    DUPLICATE_CLOSE_SOURCE,
    DUPLICATE_SAME_ACCESS,
    DUPLICATE_SAME_ATTRIBUTES,
    OBJECT_DIRECTORY_INFORMATION,
)
from ring3k.abi.structs.se import PRIVILEGE
from ring3k.abi.types import (
    AccessMask,
    Boolean,
    Handle,
    In,
    InOut,
    Opt,
    Out,
    OutBuffer,
    Sized,
    Ulong,
    check_alignment,
)
from ring3k.ke.thread import KProcess
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.handles import CURRENT_THREAD, HandleEntry, lookup
from ring3k.ob.namespace import Directory, SymbolicLink
from ring3k.ob.object import Object
from ring3k.ob.open import create, grant_open, open_
from ring3k.ob.security import SecurityMonitor
from ring3k.typed import Annotated, Any


@syscall()
def NtClose(t: Thread, handle: Handle) -> int:
    """Close a handle; the object goes with its last one unless something else holds it."""
    t.handles.close(handle)
    return 0


@syscall()
def NtMakeTemporaryObject(t: Thread, handle: Handle) -> int:
    """Take an object's permanence away; its name goes with the last handle."""
    found = t.handles.get(handle, Object, DELETE)
    found.make_temporary()
    return 0


@syscall()
def NtMakePermanentObject(t: Thread, object_: Handle) -> int:
    """Keep a named object although no handle is open."""
    t.kernel.part(SecurityMonitor).require(t, PRIVILEGE.SeCreatePermanentPrivilege)
    t.handles.entry(object_).object.make_permanent()
    return 0


def _source_entry(t: Thread, process: Any, handle: int) -> HandleEntry:
    """The entry a handle of ``process`` stands for, pseudo handles included."""
    if handle == 0xFFFFFFFF:
        return HandleEntry(process, process.type.rights.mapping.all)
    if handle == CURRENT_THREAD:
        return HandleEntry(t, t.type.rights.mapping.all)  # type: ignore[attr-defined]
    entry: HandleEntry = process.handles.entry(handle)
    return entry


@syscall()
def NtDuplicateObject(
    t: Thread,
    source_process_handle: Handle,
    source_handle: Handle,
    target_process_handle: Handle,
    target_handle: Opt[Out[Handle]],
    desired_access: AccessMask,
    handle_attributes: ObjectFlags,
    options: DuplicateOptions,
) -> int:
    """Make another handle to an object, in any process; optionally close the first.

    DUPLICATE_CLOSE_SOURCE closes even when the rest fails.
    """
    source: Any = lookup(t, source_process_handle, KProcess, PROCESS_DUP_HANDLE)
    try:
        if target_process_handle == 0:
            if not options & DUPLICATE_CLOSE_SOURCE:
                raise NtError(STATUS_INVALID_HANDLE)
            _source_entry(t, source, source_handle)
            return 0
        target: Any = lookup(t, target_process_handle, KProcess, PROCESS_DUP_HANDLE)
        entry = _source_entry(t, source, source_handle)
        if getattr(target, "ended", False):
            raise NtError(STATUS_PROCESS_IS_TERMINATING)
        granted = entry.granted
        if not options & DUPLICATE_SAME_ACCESS:
            granted = map_generic(desired_access, entry.object.type_name, entry.object.type.rights)
            if granted & ~entry.granted:  # a part of what the source may needs no check
                granted = grant_open(t, entry.object, granted)
        inherit = bool(handle_attributes & OBJ_INHERIT)
        protect = False
        if options & DUPLICATE_SAME_ATTRIBUTES:
            inherit, protect = entry.inherit, entry.protect
        value = target.handles.insert(entry.object, granted, inherit, protect)
        if target_handle is not None:
            with suppress(GuestFault):
                target_handle.set(value)
        return 0
    finally:
        if options & DUPLICATE_CLOSE_SOURCE and source_handle < CURRENT_THREAD:
            source.handles.close(source_handle)


# -- directories ------------------------------------------------------------------------
@syscall()
def NtCreateDirectoryObject(
    t: Thread,
    directory_handle: Out[Handle],
    desired_access: DirectoryAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
) -> int:
    """Create (or with OBJ_OPENIF open) an object directory."""
    return create(
        t, directory_handle, desired_access, object_attributes, Directory, lambda: Directory(t.kernel)
    )


@syscall()
def NtOpenDirectoryObject(
    t: Thread,
    directory_handle: Out[Handle],
    desired_access: DirectoryAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
) -> int:
    """Open an object directory."""
    return open_(t, directory_handle, desired_access, object_attributes, Directory)


@syscall()
def NtQueryDirectoryObject(
    t: Thread,
    directory_handle: Handle,
    buffer: Annotated[OutBuffer, Sized("buffer_length")],
    buffer_length: Ulong,
    return_single_entry: Boolean,
    restart_scan: Boolean,
    context: InOut[Ulong],
    return_length: Opt[Out[Ulong]],
) -> int:
    """List names and types in a directory, from the index in ``context`` on.

    The array ends with an all-zero entry, for which room is needed too; the
    characters follow it.
    """
    directory = t.handles.get(directory_handle, Directory, DIRECTORY_QUERY)
    everything = directory.listing
    first = 0 if restart_scan else context.value
    entry_size = OBJECT_DIRECTORY_INFORMATION.size()
    used = entry_size
    chosen: list[Object] = []
    for index in range(first, len(everything)):
        object_ = everything[index]
        need = entry_size + _text_size(object_.name) + _text_size(object_.type.name)
        if used + need > buffer_length:
            if return_single_entry or not chosen:
                if return_length is not None:
                    return_length.set(used + need)
                raise NtError(STATUS_BUFFER_TOO_SMALL)
            break
        used += need
        chosen.append(object_)
        if return_single_entry:
            break
    if not chosen:
        if return_length is not None:
            return_length.set(0 if used == entry_size else used)
        return STATUS_NO_MORE_ENTRIES
    buffer.write(_directory_entries(buffer.address, chosen))
    context.set(first + len(chosen))
    if return_length is not None:
        return_length.set(used)
    more = first + len(chosen) < len(everything)
    return STATUS_MORE_ENTRIES if more and not return_single_entry else 0


def _text_size(text: str) -> int:
    return (len(text.encode("utf-16-le", "surrogatepass"))) + 2


def _directory_entries(address: int, objects: list[Any]) -> bytes:
    """The array with its terminator, then every name and type name, NUL-ended."""
    entry_size = OBJECT_DIRECTORY_INFORMATION.size()
    head, tail = b"", b""
    place = address + entry_size * (len(objects) + 1)
    for object_ in objects:
        strings = []
        for text in (object_.name, object_.type.name):
            raw = text.encode("utf-16-le", "surrogatepass")
            strings.append(
                UNICODE_STRING(Length=len(raw), MaximumLength=len(raw) + 2, Buffer=place + len(tail))
            )
            tail += raw + b"\0\0"
        head += OBJECT_DIRECTORY_INFORMATION(Name=strings[0], TypeName=strings[1]).pack()
    return head + bytes(entry_size) + tail


# -- symbolic links -------------------------------------------------------------------------
@syscall()
def NtCreateSymbolicLinkObject(
    t: Thread,
    symbolic_link_handle: Out[Handle],
    desired_access: SymbolicLinkAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    name: In[LinkTarget],
) -> int:
    """Create a name that stands for another path; the target is not looked at."""
    return create(
        t,
        symbolic_link_handle,
        desired_access,
        object_attributes,
        SymbolicLink,
        lambda: SymbolicLink(t.kernel, name),
    )


@syscall()
def NtOpenSymbolicLinkObject(
    t: Thread,
    symbolic_link_handle: Out[Handle],
    desired_access: SymbolicLinkAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
) -> int:
    """Open the link itself, not what it stands for."""
    if object_attributes is not None:
        object_attributes = object_attributes.opening_link()
    return open_(t, symbolic_link_handle, desired_access, object_attributes, SymbolicLink)


@syscall()
def NtQuerySymbolicLinkObject(
    t: Thread,
    sym_link_obj_handle: Handle,
    link_target: InOut[UNICODE_STRING],
    data_written: Opt[Out[Ulong]],
) -> int:
    """The target, and how many bytes it needs.  STATUS_BUFFER_TOO_SMALL still tells the length.

    The string's buffer is probed whole, before the handle is looked up.
    """
    if link_target.value.MaximumLength:
        check_alignment(link_target.value.Buffer, 2)
        t.memory.probe_write(link_target.value.Buffer, link_target.value.MaximumLength)
    link = t.handles.get(sym_link_obj_handle, SymbolicLink, SYMBOLIC_LINK_QUERY)
    raw = link.target.encode("utf-16-le", "surrogatepass")
    room = link_target.value
    need = len(raw) + 2
    if room.MaximumLength < (need if data_written is not None else len(raw)):
        if data_written is not None:
            data_written.set(need)
        raise NtError(STATUS_BUFFER_TOO_SMALL)
    t.memory.write(room.Buffer, raw + b"\0\0" if room.MaximumLength >= need else raw)
    link_target.set(UNICODE_STRING(Length=len(raw), MaximumLength=room.MaximumLength, Buffer=room.Buffer))
    if data_written is not None:
        data_written.set(need)
    return 0
