"""NtCreateUserProcess: a program's file becomes a process with a thread (Windows Vista and later)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from struct import pack

from ring3k.abi.access import (
    FILE_GENERIC_READ,
    JOB_OBJECT_ASSIGN_PROCESS,
    PROCESS_CREATE_PROCESS,
    TOKEN_ASSIGN_PRIMARY,
    ProcessAccess,
    ThreadAccess,
)
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.enums import ProcessCreateFlags, ThreadCreateFlags
from ring3k.abi.status import (
    STATUS_BAD_TOKEN_TYPE,
    STATUS_INVALID_IMAGE_FORMAT,
    STATUS_INVALID_PARAMETER,
    GuestFault,
    NtError,
)
from ring3k.abi.strings import ObjectAttributes, ObjectAttributesArg
from ring3k.abi.structs.mm import PAGE_EXECUTE
from ring3k.abi.structs.ps6 import (
    PS_ATTRIBUTE_NUM,
    PS_CREATE_INFO,
    PS_CREATE_INITIAL,
    PS_CREATE_STATE,
    PS_CREATE_WRITE_OUTPUT_ON_EXIT,
    THREAD_CREATE_FLAGS_CREATE_SUSPENDED,
)
from ring3k.abi.structs.psinfo import (
    PROCESS_CREATE_FLAGS_BREAKAWAY,
    PROCESS_CREATE_FLAGS_INHERIT_HANDLES,
    PROCESS_CREATE_FLAGS_NO_DEBUG_INHERIT,
)
from ring3k.abi.types import Handle, In, Opt, Out, Pointer
from ring3k.mm.section import Section
from ring3k.mm.syscalls_section import make_image_section
from ring3k.ob.handles import CURRENT_PROCESS, lookup
from ring3k.ob.open import give
from ring3k.ob.security import SecurityMonitor
from ring3k.ps.attributes import AttributeList, capture_attributes
from ring3k.ps.create_user import Wish, create_user_process
from ring3k.ps.image_files import ImageFiles
from ring3k.ps.job import Job
from ring3k.ps.parameters import ParameterBlock
from ring3k.ps.process import Process
from ring3k.ps.syscalls_create_thread import VALID_FLAGS as THREAD_FLAGS
from ring3k.ps.syscalls_create_thread import client_id
from ring3k.ps.syscalls_process import debug_port_of
from ring3k.ps.syscalls_thread import grant_new, secure_new
from ring3k.ps.thread import Thread
from ring3k.se.monitor import ReferenceMonitor
from ring3k.se.privilege import SE_ASSIGN_PRIMARY_TOKEN_PRIVILEGE, require_privilege
from ring3k.se.token import PRIMARY, Token
from ring3k.typed import Any

A = PS_ATTRIBUTE_NUM
S = PS_CREATE_STATE
PROCESS_FLAGS = 0x1FFF
IMAGE_FILE_DLL = 0x2000


def _check_flags(process_flags: int, thread_flags: int) -> None:
    if process_flags & ~PROCESS_FLAGS or thread_flags & ~THREAD_FLAGS:
        raise NtError(STATUS_INVALID_PARAMETER)


@syscall(PARTIAL, "no image file execution options, no manifests, no mitigations", first=_check_flags)
def NtCreateUserProcess(
    t: Thread,
    process_handle: Out[Handle],
    thread_handle: Out[Handle],
    process_desired_access: ProcessAccess,
    thread_desired_access: ThreadAccess,
    process_object_attributes: Opt[In[ObjectAttributesArg]],
    thread_object_attributes: Opt[In[ObjectAttributesArg]],
    process_flags: ProcessCreateFlags,
    thread_flags: ThreadCreateFlags,
    process_parameters: Pointer,
    create_info: Pointer,
    attribute_list: Pointer,
) -> int:
    """A process of the program that the attributes name, with a first thread and a copy of the parameters."""
    attributes = capture_attributes(t.memory, attribute_list, thread=False)
    path = attributes.text(A.PsAttributeImageName)
    if path is None or not process_parameters:
        raise NtError(STATUS_INVALID_PARAMETER)
    parameters = ParameterBlock(t.memory, process_parameters)
    parameters.set_text("ImagePathName", path.removeprefix("\\??\\"))
    granted = grant_new(t, Process, process_desired_access), grant_new(t, Thread, thread_desired_access)
    monitor = t.kernel.part(SecurityMonitor)
    given = [
        monitor.capture(t, one.security_descriptor) if one else None
        for one in (process_object_attributes, thread_object_attributes)
    ]
    report = Report(t, create_info)
    wish = _wish(t, attributes, parameters, process_flags, thread_flags)
    file, section = _program(t, path, report)
    try:
        process, thread = create_user_process(t.kernel, wish._replace(section=section))
        with_handles = process_object_attributes, thread_object_attributes
        _hand_out(t, (process, thread), given, (process_handle, thread_handle), granted, with_handles)
        report.success(file, section, process, parameters)
    finally:
        section.dereference()
        file.dereference()
    if not thread_flags & THREAD_CREATE_FLAGS_CREATE_SUSPENDED:
        thread.resume()
    attributes.tell(A.PsAttributeClientId, client_id(thread))
    attributes.tell(A.PsAttributeTebAddress, pack("<I", thread.teb))
    attributes.tell(A.PsAttributeImageInfo, process.image.information().pack())
    return 0


def _wish(
    t: Thread, attributes: AttributeList, parameters: ParameterBlock, flags: int, thread_flags: int
) -> Wish:
    """What the attributes and flags ask for; handles are judged here."""
    parent = lookup(
        t, attributes.word(A.PsAttributeParentProcess) or CURRENT_PROCESS, Process, PROCESS_CREATE_PROCESS
    )
    debug = attributes.word(A.PsAttributeDebugPort)
    token = attributes.word(A.PsAttributeToken)
    standard = attributes.data(A.PsAttributeStdHandleInfo, 8)
    jobs = attributes.handles(A.PsAttributeJobList) or ()
    word = int.from_bytes(standard[:4], "little") if standard is not None else 0
    return Wish(
        parent,
        None,  # type: ignore[arg-type]  # follows
        parameters,
        inherit=bool(flags & PROCESS_CREATE_FLAGS_INHERIT_HANDLES),
        handles=attributes.handles(A.PsAttributeHandleList),
        standard=(word & 3, word >> 2 & 7) if standard is not None else None,
        debug_port=debug_port_of(t, debug) if debug else None,
        inherit_debug=not flags & PROCESS_CREATE_FLAGS_NO_DEBUG_INHERIT,
        token=_token(t, token) if token else None,
        breakaway=bool(flags & PROCESS_CREATE_FLAGS_BREAKAWAY),
        jobs=tuple(t.handles.get(one, Job, JOB_OBJECT_ASSIGN_PROCESS) for one in jobs),
        thread_flags=thread_flags,
    )


def _token(t: Thread, handle: int) -> Token:
    """A copy of a primary token; without SeAssignPrimaryToken only of the caller's own, of one filtered from
    that, and of one that comes from where it comes from: a copy of it, perhaps of a lower integrity level."""
    token = t.handles.get(handle, Token, TOKEN_ASSIGN_PRIMARY)
    if token.kind != PRIMARY:
        raise NtError(STATUS_BAD_TOKEN_TYPE)
    own = t.process.token
    sibling = (token.parent_id, token.authentication_id) == (own.parent_id, own.authentication_id)
    if token is not own and token.parent_id != own.token_id and not sibling:
        require_privilege(t, SE_ASSIGN_PRIMARY_TOKEN_PRIVILEGE)
    return t.kernel.part(ReferenceMonitor).child_token(token)


def _program(t: Thread, path: str, report: Report) -> tuple[Any, Section]:
    """The program's file and an image section of it, both referenced."""
    with report.on_failure(S.PsCreateFailOnFileOpen):
        file = t.kernel.part(ImageFiles).open_program(t, path)
    try:
        with report.on_failure(S.PsCreateFailOnSectionCreate):
            section = make_image_section(t, file.section_backing(), PAGE_EXECUTE)
        section.reference()
        try:
            with report.on_failure(S.PsCreateFailExeFormat):
                if section.segment.layout.characteristics & IMAGE_FILE_DLL:
                    raise NtError(STATUS_INVALID_IMAGE_FORMAT)
        except NtError:
            section.dereference()
            raise
    except NtError:
        file.dereference()
        raise
    return file, section


def _hand_out(
    t: Thread,
    made: tuple[Process, Thread],
    given: list[Any],
    out: tuple[Out[Handle], Out[Handle]],
    granted: tuple[int, int],
    attributes: tuple[ObjectAttributes | None, ObjectAttributes | None],
) -> None:
    """Descriptors and handles; without them nothing is to stay."""
    process, thread = made
    process.reference()
    try:
        secure_new(t, process, given[0])
        secure_new(t, thread, given[1])
        for place, one, access, attribute in zip(out, made, granted, attributes, strict=True):
            give(t, place, one, access, attribute.attributes if attribute else 0)
    except NtError as error:
        process.terminate(error.status)
        raise
    finally:
        process.dereference()


class Report:
    """PS_CREATE_INFO: how far the call came.

    Only a structure that says its size and the initial state is one: kernelbase of Wine leaves it
    unset and does not look at it.
    """

    def __init__(self, t: Thread, address: int) -> None:
        self._t = t
        self._address = 0
        self._flags = 0
        if address:
            head = PS_CREATE_INITIAL.load(t.memory, address)
            if head.Size == PS_CREATE_INFO.size() and head.State == S.PsCreateInitialState:
                t.memory.probe_write(address, head.Size)
                self._address, self._flags = address, head.InitFlags

    def on_failure(self, state: int) -> _Stage:
        return _Stage(lambda: self._write(state))

    def success(self, file: Any, section: Section, process: Process, parameters: ParameterBlock) -> None:
        """Handles only for those who want them."""
        values: dict[str, int] = {}
        if self._address and self._flags & PS_CREATE_WRITE_OUTPUT_ON_EXIT:
            insert = self._t.handles.insert
            values = {
                "FileHandle": insert(file, FILE_GENERIC_READ),
                "SectionHandle": insert(section, section.rights.mapping.all),
                "PebAddressNative": process.peb,
                "UserProcessParametersNative": parameters.address,
                "CurrentParameterFlags": parameters.fields.Flags,
            }
        self._write(S.PsCreateSuccess, **values)

    def _write(self, state: int, **values: int) -> None:
        if self._address:
            info = PS_CREATE_INFO(Size=PS_CREATE_INFO.size(), State=state, **values)
            with suppress(GuestFault):
                self._t.memory.write(self._address, info.pack())


class _Stage:
    """Something is done when a block fails with a status."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, NtError):
            self._action()
