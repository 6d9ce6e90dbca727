"""Debugging support: the message a debugger receives through NtWaitForDebugEvent (XP and later)."""

from __future__ import annotations

from ring3k.abi.struct import Blob, Structure
from ring3k.abi.structs.ke import EXCEPTION_RECORD
from ring3k.abi.structs.ps import CLIENT_ID
from ring3k.abi.types import Handle, NtStatus, Pointer, Ulong
from ring3k.typed import Annotated

DBGK_KILL_PROCESS_ON_EXIT = 0x1


class DBG_STATE:
    DbgIdle = 0
    DbgReplyPending = 1
    DbgCreateThreadStateChange = 2
    DbgCreateProcessStateChange = 3
    DbgExitThreadStateChange = 4
    DbgExitProcessStateChange = 5
    DbgExceptionStateChange = 6
    DbgBreakpointStateChange = 7
    DbgSingleStepStateChange = 8
    DbgLoadDllStateChange = 9
    DbgUnloadDllStateChange = 10


class DBGKM_API:
    """What a message is about: ApiNumber of DBGKM_APIMSG."""

    Exception = 0
    CreateThread = 1
    CreateProcess = 2
    ExitThread = 3
    ExitProcess = 4
    LoadDll = 5
    UnloadDll = 6


class DEBUGOBJECTINFOCLASS:
    DebugObjectFlags = 1


class DBGKM_EXCEPTION(Structure):
    ExceptionRecord: EXCEPTION_RECORD
    FirstChance: Ulong


class DBGKM_CREATE_THREAD(Structure):
    SubSystemKey: Ulong
    StartAddress: Pointer


class DBGUI_CREATE_THREAD(Structure):
    HandleToThread: Handle
    NewThread: DBGKM_CREATE_THREAD


class DBGKM_CREATE_PROCESS(Structure):
    SubSystemKey: Ulong
    FileHandle: Handle
    BaseOfImage: Pointer
    DebugInfoFileOffset: Ulong
    DebugInfoSize: Ulong
    InitialThread: DBGKM_CREATE_THREAD


class DBGUI_CREATE_PROCESS(Structure):
    HandleToProcess: Handle
    HandleToThread: Handle
    NewProcess: DBGKM_CREATE_PROCESS


class DBGKM_EXIT(Structure):
    """A thread's or a process's end."""

    ExitStatus: NtStatus


class DBGKM_LOAD_DLL(Structure):
    FileHandle: Handle
    BaseOfDll: Pointer
    DebugInfoFileOffset: Ulong
    DebugInfoSize: Ulong
    NamePointer: Pointer


class DBGKM_UNLOAD_DLL(Structure):
    BaseAddress: Pointer


class DBGUI_WAIT_STATE_CHANGE(Structure):
    """StateInfo is one of the structures above, by NewState; its size here is the 32-bit one."""

    NewState: Ulong
    AppClientId: CLIENT_ID
    StateInfo: Annotated[bytes, Blob(0x54)]
