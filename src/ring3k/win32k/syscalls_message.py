"""Messages: posted, fetched, waited for; timers."""

from __future__ import annotations

from struct import unpack

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.status import STATUS_TIMEOUT
from ring3k.abi.types import Handle, Pointer, Ulong
from ring3k.ke.dispatcher import MAXIMUM_WAIT_OBJECTS, Dispatcher
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.syscalls_wait import waitable
from ring3k.win32k.error import (
    ERROR_INVALID_PARAMETER,
    ERROR_INVALID_THREAD_ID,
    ERROR_INVALID_WINDOW_HANDLE,
    ERROR_MESSAGE_SYNC_ONLY,
    UserError,
    refuse,
    refuse_all_ones,
)
from ring3k.win32k.user.client import Client
from ring3k.win32k.user.create import desktop_of
from ring3k.win32k.user.messages import (
    INFINITE,
    WM_USER,
    answer_sent,
    call_window,
    get,
    has_pointer,
    pack_message,
    peek,
    post,
    tell_unseen,
)
from ring3k.win32k.user.queue import (
    QS_ALLINPUT,
    QS_SMRESULT,
    UNITS,
    WM_QUIT,
    WM_SYSTIMER,
    WM_TIMER,
    Message,
)
from ring3k.win32k.user.session import UserThread, thread_of
from ring3k.win32k.user.window import HWND_BROADCAST, Window, find_window

MWMO_WAITALL, MWMO_ALERTABLE, MWMO_INPUTAVAILABLE = 1, 2, 4
WAIT_FAILED = 0xFFFFFFFF
KEYS = range(0x100, 0x10A)


@syscall(refuses=refuse_all_ones)
async def NtUserGetMessage(
    t: Thread, message: Pointer, window: Ulong, filter_min: Ulong, filter_max: Ulong
) -> int:
    """Wait for a message and fetch it; 0 for the end of the loop, -1 for an error."""
    found = await get(t, window, filter_min, filter_max)
    t.memory.write(message, pack_message(found))
    return int(found.number != WM_QUIT)


@syscall(refuses=refuse)
async def NtUserPeekMessage(
    t: Thread, message: Pointer, window: Ulong, filter_min: Ulong, filter_max: Ulong, flags: Ulong
) -> int:
    """Fetch a message, or look at it, if there is one."""
    found = await peek(t, window, filter_min, filter_max, flags)
    if found is None:
        return 0
    t.memory.write(message, pack_message(found))
    return 1


def _broadcast(own: UserThread, t: Thread, message: Message) -> int:
    if WM_USER <= message.number < 0xC000:
        return 1  # Windows says so, and sends nothing
    top = desktop_of(t, own).top
    for window in tuple(top.children) if top is not None else ():
        if window.thread is not None:
            post(own, window.thread.queue, message._replace(window=window.handle))
    return 1


@syscall(refuses=refuse)
def NtUserPostMessage(t: Thread, window: Ulong, message: Ulong, wparam: Ulong, lparam: Ulong) -> int:
    """Post a message to a window, to all windows, or to the thread itself."""
    own = thread_of(t)
    told = Message(window, message, wparam, lparam)
    if has_pointer(message):
        raise UserError(ERROR_MESSAGE_SYNC_ONLY)
    if window == HWND_BROADCAST or window == 0xFFFFFFFF:
        return _broadcast(own, t, told)
    if not window:
        post(own, own.queue, told)
        return 1
    found = find_window(own.session, window)
    if found.thread is not None:
        post(own, found.thread.queue, told._replace(window=found.handle))
    return 1


@syscall(
    PARTIAL,
    "a thread that has not called USER before is reached only in the caller's process",
    refuses=refuse,
)
def NtUserPostThreadMessage(t: Thread, thread_id: Ulong, message: Ulong, wparam: Ulong, lparam: Ulong) -> int:
    """Post a message to a thread, for no window."""
    own = thread_of(t)
    target = own.session.by_tid.get(thread_id)
    if target is None:
        thread = next((one for one in t.process.threads if one.tid == thread_id and not one.ended), None)
        if thread is None:
            raise UserError(ERROR_INVALID_THREAD_ID)
        target = own.session.thread_of(thread)
    post(own, target.queue, Message(0, message, wparam, lparam))
    return 1


@syscall(refuses=refuse)
async def NtUserDispatchMessage(t: Thread, message: Pointer) -> int:
    """Call the procedure of the window that a message is for."""
    window, number, wparam, lparam = unpack("<4I", t.memory.read(message, 16))
    own = thread_of(t)
    if number == WM_TIMER and lparam:
        await t.kernel.late_part(Client).call_timer(t, lparam, window, number, wparam)
        return 0
    if not window:
        return 0
    found = find_window(own.session, window)
    if found.thread is not own:
        raise UserError(ERROR_MESSAGE_SYNC_ONLY)
    return await call_window(t, found, number, wparam, lparam)


@syscall(PARTIAL, "there are no keys", refuses=refuse)
def NtUserTranslateMessage(t: Thread, message: Pointer, flags: Ulong) -> int:
    """Make characters of keys: whether the message is of a key."""
    return int(t.memory.read_u32(message + 4) in KEYS)


@syscall(refuses=refuse)
def NtUserGetQueueStatus(t: Thread, flags: Ulong) -> int:
    """What kinds of input are there (high word), and which of them are new since the last look (low word)."""
    if flags & ~0x4FF & ~0x100:
        raise UserError(1004)  # ERROR_INVALID_FLAGS
    queue = thread_of(t).queue
    present, changed = queue.present & flags, queue.changed & flags
    queue.changed &= ~flags
    return present << 16 | changed


# -- waiting ---------------------------------------------------------------------------------
async def _wait(
    t: Thread, own: UserThread, objects: list[Dispatcher], timeout: int, mask: int, flags: int
) -> int:
    queue = own.queue
    queue.changed_mask = mask
    queue.wake_mask = mask if flags & MWMO_INPUTAVAILABLE else 0
    deadline = None if timeout == INFINITE else t.kernel.clock.interrupt_time() + timeout * UNITS
    return await t.wait(
        (*objects, queue),
        wait_all=bool(flags & MWMO_WAITALL),
        alertable=bool(flags & MWMO_ALERTABLE),
        deadline=deadline,
    )


@syscall(refuses=refuse_all_ones)
async def NtUserMsgWaitForMultipleObjectsEx(
    t: Thread, count: Ulong, handles: Pointer, timeout: Ulong, mask: Ulong, flags: Ulong
) -> int:
    """Wait for objects and for input."""
    if count >= MAXIMUM_WAIT_OBJECTS:
        raise UserError(ERROR_INVALID_PARAMETER)
    own = thread_of(t)
    given = unpack(f"<{count}I", t.memory.read(handles, 4 * count)) if count else ()
    objects = [waitable(t, one) for one in given]
    return await _wait(t, own, objects, timeout, mask, flags)


@syscall(refuses=refuse)
async def NtUserWaitMessage(t: Thread) -> int:
    """Wait for input."""
    own = thread_of(t)
    tell_unseen(t, own)
    await _wait(t, own, [], INFINITE, QS_ALLINPUT | QS_SMRESULT, 0)
    return 1


@syscall(PARTIAL, "a process counts as idle when it has a thread of USER's", refuses=refuse_all_ones)
async def NtUserWaitForInputIdle(t: Thread, process: Handle, timeout: Ulong, wow: Ulong) -> int:
    """Wait until a process waits for input."""
    own = thread_of(t)
    target = waitable(t, process)
    deadline = None if timeout == INFINITE else t.kernel.clock.interrupt_time() + timeout * UNITS
    step = 50 * UNITS
    while not any(one.process.process is target for one in own.session.threads.values()):
        now = t.kernel.clock.interrupt_time()
        if deadline is not None and now >= deadline:
            return STATUS_TIMEOUT
        if await t.wait((target,), deadline=now + step) != STATUS_TIMEOUT:
            return WAIT_FAILED
        await answer_sent(t, own)
    return 0


# -- timers ------------------------------------------------------------------------------------
def _set_timer(t: Thread, window: int, number: int, period: int, procedure: int, kind: int) -> int:
    own = thread_of(t)
    queue = own.queue
    handle = 0
    if window:
        found = find_window(own.session, window)
        if found.thread is None or found.thread.process is not own.process:
            raise UserError(ERROR_INVALID_WINDOW_HANDLE)
        queue, handle = found.thread.queue, found.handle
    set_to = queue.set_timer(Message(handle, kind, number, procedure), period)
    return 1 if window and not set_to else set_to


def kill_timer(t: Thread, window: int, number: int, kind: int) -> int:
    """KillTimer."""
    own = thread_of(t)
    queue, handle = own.queue, 0
    if window:
        found: Window = find_window(own.session, window)
        if found.thread is not None:
            queue, handle = found.thread.queue, found.handle
    if not queue.kill_timer(handle, number, kind):
        raise UserError(ERROR_INVALID_PARAMETER)
    return 1


@syscall(PARTIAL, "no tolerance", refuses=refuse)
def NtUserSetTimer(
    t: Thread, window: Ulong, timer_id: Ulong, timeout: Ulong, procedure: Pointer, tolerance: Ulong
) -> int:
    """Let a message come again and again: the timer's number."""
    return _set_timer(t, window, timer_id, timeout, procedure, WM_TIMER)


@syscall(refuses=refuse)
def NtUserKillTimer(t: Thread, window: Ulong, timer_id: Ulong) -> int:
    """Stop a timer."""
    return kill_timer(t, window, timer_id, WM_TIMER)


@syscall(refuses=refuse)
def NtUserSetSystemTimer(t: Thread, window: Ulong, timer_id: Ulong, timeout: Ulong) -> int:
    """Let WM_SYSTIMER come again and again."""
    return _set_timer(t, window, timer_id, timeout, 0, WM_SYSTIMER)


def reply_message(t: Thread, result: int) -> int:
    """ReplyMessage: answer the message that is being answered, and go on."""
    receiving = thread_of(t).queue.receiving
    if not receiving or receiving[-1].answered:
        return 0
    receiving[-1].answer(result)
    t.kernel.late_part(Client).receiving(t, receiving[-1].flags)
    return 1


def input_state(t: Thread) -> int:
    """GetInputState: there are no keys and no mouse."""
    return int(bool(thread_of(t).queue.present & (QS_ALLINPUT & 7)))


def post_quit(t: Thread, status: int) -> None:
    """PostQuitMessage."""
    thread_of(t).queue.post_quit(status)
