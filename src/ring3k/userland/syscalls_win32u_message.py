"""Messages as Wine's user32 sends them: one system call for all that a message can be made to do."""

from __future__ import annotations

from struct import unpack

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.types import Pointer, Ulong
from ring3k.ke.thread import KThread as Thread
from ring3k.userland.syscalls_win32u import missing, wine_client
from ring3k.userland.wine_user import FOR_DISPATCH, FOR_PROCEDURE
from ring3k.win32k.error import ERROR_MESSAGE_SYNC_ONLY, UserError, refuse
from ring3k.win32k.user.defproc import default_procedure
from ring3k.win32k.user.messages import INFINITE, call_window, notify, send_timeout
from ring3k.win32k.user.queue import Message
from ring3k.win32k.user.session import session_of, thread_of
from ring3k.win32k.user.window import HWND_BROADCAST, find_window

DEFAULT, CALL_PROCEDURE = 0x29E, 0x2AB
SEND, SEND_TIMEOUT, SEND_NOTIFY, SEND_CALLBACK = 0x2B1, 0x2B3, 0x2B7, 0x2B8
DISPATCH, DESKTOP, RESULT, SPY_NAME, SPY_ENTER, SPY_EXIT = 0x3001, 0x29D, 0x306, 0x3003, 0x304, 0x305


@syscall(PARTIAL, "no scroll bars, no menus, no clipboard's window", refuses=refuse)
async def NtUserMessageCall(
    t: Thread,
    window: Ulong,
    message: Ulong,
    wparam: Ulong,
    lparam: Ulong,
    result_info: Pointer,
    type_: Ulong,
    ansi: Ulong,
) -> int:
    """Send a message, or do what a window procedure of the system's does."""
    told = Message(window, message, wparam, lparam)
    if type_ == CALL_PROCEDURE:
        return _prepare_call(t, told, result_info, bool(ansi))
    if type_ == DISPATCH:
        return _prepare_dispatch(t, told, result_info, bool(ansi))
    if type_ in (RESULT, SPY_NAME, SPY_ENTER, SPY_EXIT):
        return 0
    if type_ in (SEND, SEND_TIMEOUT, SEND_NOTIFY, SEND_CALLBACK):
        if window in (HWND_BROADCAST, 0xFFFFFFFF):
            return _broadcast(t, told, not ansi)
        return await _send(t, told, result_info, type_, bool(ansi))
    if type_ in (DEFAULT, DESKTOP):
        found = find_window(session_of(t), window)
        return await default_procedure(t, found, message, wparam, lparam, bool(ansi))
    return missing(t, "NtUserMessageCall", type_)


def _broadcast(t: Thread, told: Message, wide: bool) -> int:
    """All windows on the desktop are told; nobody waits."""
    own = thread_of(t)
    for window in tuple(own.session.threads.values()):
        for one in tuple(window.windows):
            if one.parent is one.desktop.top:
                notify(own, one, told._replace(window=one.handle), wide, None)
    return 1


def _prepare_call(t: Thread, told: Message, address: int, ansi: bool) -> int:
    """CallWindowProc: user32 makes the call itself, with a structure that is filled in here."""
    procedure, _, _, _, _, result = unpack("<6I", t.memory.read(address, 24))
    if not procedure:
        return 0
    data = wine_client(t).window_call(
        thread_of(t).process, told.window, procedure, told[1:4], not ansi, not ansi, FOR_PROCEDURE
    )
    t.memory.write(address, data[:20] + result.to_bytes(4, "little") + data[24:])
    return 1


def _prepare_dispatch(t: Thread, told: Message, address: int, ansi: bool) -> int:
    """DispatchMessage, and SendMessage within a thread."""
    own = thread_of(t)
    found = find_window(own.session, told.window)
    if found.thread is not own:
        raise UserError(ERROR_MESSAGE_SYNC_ONLY)
    data = wine_client(t).window_call(
        own.process,
        found.handle,
        found.procedure,
        told[1:4],
        not ansi,
        found.wide,
        FOR_DISPATCH,
        not found.dialog,
    )
    t.memory.write(address, data)
    return 1


async def _send(t: Thread, told: Message, address: int, type_: int, ansi: bool) -> int:
    own = thread_of(t)
    found = find_window(own.session, told.window)
    told = told._replace(window=found.handle)
    timed = type_ == SEND_TIMEOUT
    flags, timeout = unpack("<2I", t.memory.read(address, 8)) if timed else (0, INFINITE)
    if found.thread is own:
        if type_ == SEND and address and not (own.hooks or own.session.hooks):
            return 0 * _prepare_dispatch(t, told, address, ansi)
        result = await call_window(t, found, *told[1:4], not ansi)
    elif type_ in (SEND_NOTIFY, SEND_CALLBACK):
        back = unpack("<2I", t.memory.read(address, 8)) if type_ == SEND_CALLBACK else None
        notify(own, found, told, not ansi, back)
        return 1
    else:
        try:
            result = await send_timeout(t, found, told, not ansi, flags, timeout)
        except UserError:
            if timed:
                t.memory.write_u32(address + 8, 0)
            raise
    if type_ == SEND_CALLBACK:
        procedure, data = unpack("<2I", t.memory.read(address, 8))
        await wine_client(t).call_back(t, procedure, found.handle, told.number, data, result)
        return 1
    if timed:
        t.memory.write_u32(address + 8, 1)
    return 1 if type_ == SEND_NOTIFY else result
