"""NtQueryObject and NtSetInformationObject.

NT's habits: a buffer shorter than the fixed part is STATUS_INFO_LENGTH_MISMATCH
and ``ReturnLength`` tells the length needed; the class of all types needs no
handle; an unknown class is STATUS_INVALID_INFO_CLASS, but only after the handle
was found good.
"""

from __future__ import annotations

from ring3k.abi.call import syscall
from ring3k.abi.enums import ObjectInfoClass
from ring3k.abi.status import (
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_HANDLE,
    STATUS_INVALID_INFO_CLASS,
    STATUS_NAME_TOO_LONG,
    NtError,
)
from ring3k.abi.strings import OBJ_EXCLUSIVE, OBJ_INHERIT, OBJ_PERMANENT, UNICODE_STRING
from ring3k.abi.structs.ob import (
    GENERIC_MAPPING,
    OBJECT_BASIC_INFORMATION,
    OBJECT_HANDLE_FLAG_INFORMATION,
    OBJECT_TYPE_INFORMATION,
    OBJECT_TYPES_INFORMATION,
)
from ring3k.abi.types import Handle, InBuffer, Opt, Out, OutBuffer, Sized, Ulong, misaligned
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.handles import CURRENT_THREAD, HandleEntry
from ring3k.ob.object import ObjectType, TypeTable
from ring3k.typed import Annotated, Any

OBJ_PROTECT_CLOSE = 0x001  # an attribute of handles only: no caller may ask for it by name

BASIC, NAME, TYPE, TYPES, HANDLE_FLAGS = range(5)


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _entry(t: Thread, handle: int) -> HandleEntry:
    if handle >= CURRENT_THREAD:
        own: Any = t.process if handle == 0xFFFFFFFF else t
        return HandleEntry(own, own.type.rights.mapping.all)
    entry: HandleEntry = t.handles.entry(handle)
    return entry


def _security_length(object_: Any) -> int:
    """Of the descriptor that the object itself keeps: what keys and files have is not counted."""
    descriptor = object_.security
    return len(descriptor.raw) if descriptor is not None else 0


def _basic(entry: HandleEntry) -> bytes:
    object_ = entry.object
    attributes = OBJ_INHERIT if entry.inherit else 0
    attributes |= OBJ_PROTECT_CLOSE if entry.protect else 0
    attributes |= OBJ_PERMANENT if object_.permanent else 0
    attributes |= OBJ_EXCLUSIVE if object_.exclusive else 0
    name = object_.full_name()
    return OBJECT_BASIC_INFORMATION(
        Attributes=attributes,
        GrantedAccess=entry.granted,
        HandleCount=object_.handle_count,
        PointerCount=object_.pointer_count + 1,  # the call's own reference counts, as in NT
        NameInformationLength=UNICODE_STRING.size() + len(_utf16(name)) + 2 if name else 0,
        SecurityDescriptorLength=_security_length(object_),
        TypeInformationLength=OBJECT_TYPE_INFORMATION.size() + len(_utf16(object_.type.name)) + 2,
        Reserved=[0, 0, 0],
        CreateTime=0,
    ).pack()


def _name(name: str, address: int) -> bytes:
    text = _utf16(name)
    if not text:
        return UNICODE_STRING(Length=0, MaximumLength=0, Buffer=0).pack()
    if len(text) > 0xFFFC:
        raise NtError(STATUS_NAME_TOO_LONG)
    head = UNICODE_STRING(
        Length=len(text), MaximumLength=len(text) + 2, Buffer=address + UNICODE_STRING.size()
    )
    return head.pack() + text + b"\0\0"


def _type(kind: ObjectType, address: int) -> bytes:
    text = _utf16(kind.name)
    size = OBJECT_TYPE_INFORMATION.size()
    read, write, execute, everything = kind.rights.mapping
    head = OBJECT_TYPE_INFORMATION(
        TypeName=UNICODE_STRING(Length=len(text), MaximumLength=len(text) + 2, Buffer=address + size),
        TotalNumberOfObjects=kind.objects,
        TotalNumberOfHandles=kind.handles,
        HighWaterNumberOfObjects=kind.most_objects,
        HighWaterNumberOfHandles=kind.most_handles,
        GenericMapping=GENERIC_MAPPING(
            GenericRead=read, GenericWrite=write, GenericExecute=execute, GenericAll=everything
        ),
        ValidAccessMask=kind.rights.valid,
        SecurityRequired=kind.security_required,
    ).pack()
    tail = text + b"\0\0"
    return head + tail + bytes(-len(tail) % 4)


def _types(table: TypeTable, address: int) -> bytes:
    kinds = list(table)
    out = OBJECT_TYPES_INFORMATION(NumberOfTypes=len(kinds)).pack()
    for kind in kinds:
        out += _type(kind, address + len(out))
    return out


@syscall()
def NtQueryObject(
    t: Thread,
    handle: Handle,
    object_information_class: ObjectInfoClass,
    object_information: Annotated[OutBuffer, Sized("object_information_length")],
    object_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> int:
    """Counts and rights, the full name, or the type of the object behind a handle."""
    what = object_information_class
    address = object_information.address
    if what != HANDLE_FLAGS and object_information_length and address & 3:  # two bytes may lie anywhere
        misaligned(t)
    if what == TYPES:
        data = _types(t.kernel.part(TypeTable), address)
    else:
        entry = _entry(t, handle)
        if what == BASIC:
            data = _basic(entry)
        elif what == NAME:
            data = _name(t.process.contract.object_name(t, entry.object.full_name()), address)
        elif what == TYPE:
            data = _type(entry.object.type, address)
        elif what == HANDLE_FLAGS:
            data = OBJECT_HANDLE_FLAG_INFORMATION(
                Inherit=entry.inherit, ProtectFromClose=entry.protect
            ).pack()
        else:
            raise NtError(STATUS_INVALID_INFO_CLASS)
    if return_length is not None:
        return_length.set(len(data))
    exact = what in (BASIC, HANDLE_FLAGS)
    wrong = object_information_length != len(data) if exact else object_information_length < len(data)
    if wrong:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    object_information.write(data)
    return 0


@syscall()
def NtSetInformationObject(
    t: Thread,
    object_handle: Handle,
    object_information_class: ObjectInfoClass,
    object_information: Annotated[InBuffer, Sized("length")],
    length: Ulong,
) -> int:
    """Make a handle inheritable or protect it from being closed."""
    if object_information_class != HANDLE_FLAGS:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    if length != OBJECT_HANDLE_FLAG_INFORMATION.size():
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    wanted = OBJECT_HANDLE_FLAG_INFORMATION.unpack(object_information.read())
    if object_handle >= CURRENT_THREAD:
        raise NtError(STATUS_INVALID_HANDLE)
    entry = t.handles.entry(object_handle)
    entry.inherit = bool(wanted.Inherit)
    entry.protect = bool(wanted.ProtectFromClose)
    return 0
