"""Sending messages, and fetching them.

Whoever sends to a window of his own thread calls its procedure; to another thread's, he
waits for the answer and answers meanwhile what is sent to him.  A pointer means nothing
in another process: what it points to goes along (``packing``), or the message is refused.
"""

from __future__ import annotations

from struct import pack

from ring3k.abi.status import STATUS_STACK_OVERFLOW, STATUS_TIMEOUT, NtError
from ring3k.typed import TYPE_CHECKING
from ring3k.win32k.error import (
    ERROR_INVALID_WINDOW_HANDLE,
    ERROR_MESSAGE_SYNC_ONLY,
    ERROR_TIMEOUT,
    UserError,
)
from ring3k.win32k.user.client import Attached, Client
from ring3k.win32k.user.hooks import (
    WH_CALLWNDPROC,
    WH_CALLWNDPROCRET,
    WH_GETMESSAGE,
    HookCall,
    call_hooks,
    chain,
)
from ring3k.win32k.user.packing import Placed, packed, take_back
from ring3k.win32k.user.queue import (
    QS_ALLINPUT,
    QS_POSTMESSAGE,
    QS_SENDMESSAGE,
    QS_SMRESULT,
    QS_TIMER,
    UNITS,
    Message,
    MessageQueue,
    Sent,
)
from ring3k.win32k.user.session import thread_of
from ring3k.win32k.user.window import Window

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread
    from ring3k.win32k.user.session import UserThread

INFINITE = 0xFFFFFFFF
SMTO_BLOCK, SMTO_ABORTIFHUNG, SMTO_NOTIMEOUTIFNOTHUNG = 1, 2, 8
PM_REMOVE, PM_NOYIELD = 1, 2
MOST_SHOWN = 400  # characters of a window's text
WM_USER, WM_COPYDATA, WM_NULL = 0x400, 0x4A, 0
FIRST_OF_STRINGS = 0xC000
# Messages below WM_USER whose parameter is a pointer.
POINTERS = frozenset(
    (
        *(0x01, 0x0C, 0x0D, 0x1A, 0x1B, 0x24, 0x2B, 0x2C, 0x2D, 0x39, 0x46, 0x47, 0x4A, 0x53, 0x7C, 0x7D),
        *(
            0x81,
            0x83,
            0xB2,
            0xB3,
            0xB4,
            0xC2,
            0xC4,
            0xC7,
            0xCB,
            0x143,
            0x145,
            0x148,
            0x14A,
            0x14C,
            0x152,
            0x158,
        ),
        *(0x164, 0x180, 0x181, 0x189, 0x18C, 0x18D, 0x18F, 0x191, 0x192, 0x196, 0x198, 0x1A2, 0x213, 0x214),
        *(0x216, 0x220, 0x229, 0x31A),
    )
)


def has_pointer(number: int) -> bool:
    return number < WM_USER and number in POINTERS


async def call_window(
    t: KThread, window: Window, number: int, wparam: int, lparam: int | Attached, wide: bool = True
) -> int:
    """Call the procedure of one of the thread's own windows, and the hooks around it."""
    thread = thread_of(t)
    hooked = bool(thread.hooks or thread.session.hooks) and not isinstance(lparam, Attached)
    if hooked and chain(thread, WH_CALLWNDPROC) is not None:
        seen = Attached(pack("<4I", int(lparam), wparam, number, window.handle))  # type: ignore[arg-type]
        await call_hooks(t, thread, HookCall(WH_CALLWNDPROC, 0, 1, seen))
    if window.handle == 0:
        return 0
    try:
        result = await t.kernel.late_part(Client).call_window(t, window, number, wparam, lparam, wide)
    except NtError as error:
        if error.status != STATUS_STACK_OVERFLOW:
            raise
        return 0
    if hooked and chain(thread, WH_CALLWNDPROCRET) is not None:
        told = pack("<5I", result, int(lparam), wparam, number, window.handle)  # type: ignore[arg-type]
        await call_hooks(t, thread, HookCall(WH_CALLWNDPROCRET, 0, 1, Attached(told)))
    return result


async def send(
    t: KThread, window: Window, number: int, wparam: int, lparam: int | Attached = 0, wide: bool = True
) -> int:
    """SendMessage."""
    if window.thread is None:
        return 0
    if window.thread.thread is t:
        return await call_window(t, window, number, wparam, lparam, wide)
    if isinstance(lparam, Attached):
        return 0
    return await send_timeout(t, window, Message(window.handle, number, wparam, lparam), wide, 0, INFINITE)


async def send_timeout(
    t: KThread, window: Window, message: Message, wide: bool, flags: int, timeout: int
) -> int:
    """SendMessageTimeout to another thread's window.  ERROR_TIMEOUT, ERROR_MESSAGE_SYNC_ONLY."""
    target = window.thread
    if target is None:
        return 0
    own = thread_of(t)
    sent = Sent(message._replace(time=own.queue.now()), own.queue, wide)
    if target.process is not own.process and has_pointer(message.number):
        sent.attached = packed(t, message, wide)
    cost = len(sent.attached.data) if sent.attached is not None else 0
    t.kernel.pool.charge(cost)
    try:
        return await _answered(t, own, target, sent, flags, timeout)
    finally:
        sent.sender = None
        t.kernel.pool.release(cost)


async def _answered(
    t: KThread, own: UserThread, target: UserThread, sent: Sent, flags: int, timeout: int
) -> int:
    """Wait for the answer to what has been sent.  ERROR_TIMEOUT."""
    target.queue.send(sent)
    clock = t.kernel.clock
    deadline = None if timeout == INFINITE else clock.interrupt_time() + timeout * UNITS
    while not sent.answered:
        own.queue.changed &= ~QS_SMRESULT
        own.queue.wake_mask = 0 if flags & SMTO_BLOCK else QS_SENDMESSAGE
        own.queue.changed_mask = QS_SMRESULT
        if await t.wait((own.queue,), deadline=deadline) == STATUS_TIMEOUT:
            raise UserError(ERROR_TIMEOUT)
        if not flags & SMTO_BLOCK:
            await answer_sent(t, own)
    if sent.attached is not None:
        take_back(t, sent.message, sent.attached, sent.result, sent.wide)
    return sent.result


async def _receive(t: KThread, own: UserThread, sent: Sent) -> int:
    """Call the procedure of the window that a message was sent to."""
    message = sent.message
    window = own.session.handles.find(message.window, Window)
    if window is None or window.thread is not own:
        return 0
    if sent.attached is None:
        return await call_window(t, window, message.number, message.wparam, message.lparam, sent.wide)
    placed = Placed(t, sent.attached)
    try:
        return await call_window(t, window, message.number, message.wparam, placed.lparam(), sent.wide)
    finally:
        placed.end()


async def answer_sent(t: KThread, own: UserThread) -> None:
    """Answer what has been sent to the thread, and tell procedures what others have answered."""
    queue, client = own.queue, t.kernel.late_part(Client)
    while (sent := queue.take_sent()) is not None:
        queue.receiving.append(sent)
        try:
            client.receiving(t, sent.flags)
            result = await _receive(t, own, sent)
            sent.answer(result)
        finally:
            queue.receiving.remove(sent)
            sent.answer(0)
        client.receiving(t, queue.receiving[-1].flags if queue.receiving else 0)
    queue.changed &= ~(QS_SENDMESSAGE | QS_SMRESULT)
    for sent in [one for one in queue.callbacks if one.answered]:
        queue.callbacks.remove(sent)
        if sent.callback is not None:
            procedure, data = sent.callback
            message = sent.message
            await t.kernel.late_part(Client).call_back(
                t, procedure, message.window, message.number, data, sent.result
            )


def notify(
    own: UserThread, window: Window, message: Message, wide: bool, back: tuple[int, int] | None
) -> None:
    """SendNotifyMessage and SendMessageCallback to another thread's window."""
    if has_pointer(message.number):
        raise UserError(ERROR_MESSAGE_SYNC_ONLY)
    if window.thread is None:
        return
    sent = Sent(message, own.queue if back is not None else None, wide)
    sent.callback = back
    window.thread.queue.send(sent)
    if back is not None:
        own.queue.callbacks.append(sent)


def _scope(own: UserThread, window: int) -> int | None:
    """Which messages are wanted: as MessageQueue.look takes it.  ERROR_INVALID_WINDOW_HANDLE."""
    if not window:
        return None
    if window in (1, 0xFFFFFFFF):
        return 0
    found = own.session.handles.find(window, Window)
    if found is None:
        raise UserError(ERROR_INVALID_WINDOW_HANDLE)
    return found.handle


async def peek(t: KThread, window: int, first: int, last: int, flags: int) -> Message | None:
    """PeekMessage: what is there now."""
    own = thread_of(t)
    scope = _scope(own, window)
    await answer_sent(t, own)
    kinds = flags >> 16 or QS_ALLINPUT
    if not first and not last:
        last = 0xFFFFFFFF
    if not kinds & ~QS_SENDMESSAGE:
        return None
    found = own.queue.look(scope, first, last, kinds, bool(flags & PM_REMOVE))
    if found is not None and (own.hooks or own.session.hooks):
        seen = Attached(pack_message(found))
        await call_hooks(t, own, HookCall(WH_GETMESSAGE, 0, flags & PM_REMOVE, seen))
    return found


def tell_unseen(t: KThread, own: UserThread) -> None:
    """Whoever runs the program should know when it waits at a window for somebody to answer it."""
    while own.shown:
        window = own.shown.pop()
        if not window.is_visible():
            continue
        said = [one.text for one in window.descendants() if one.text and one.class_name.upper() == "STATIC"]
        text = ": ".join(piece for piece in (window.text, " ".join(said)) if piece)
        shown = f' "{" ".join(text.split())[:MOST_SHOWN]}"' if text else ""
        t.kernel.bus.report(
            f"{t.process.file_name} waits at a window that nobody can see{shown}; Ctrl-C ends it"
        )


async def get(t: KThread, window: int, first: int, last: int) -> Message:
    """GetMessage: wait for one."""
    own = thread_of(t)
    queue = own.queue
    while True:
        found = await peek(t, window, first, last, PM_REMOVE)
        if found is not None:
            return found
        tell_unseen(t, own)
        queue.wake_mask = QS_SENDMESSAGE
        queue.changed_mask = QS_ALLINPUT | QS_POSTMESSAGE | QS_TIMER | QS_SMRESULT
        await t.wait((queue,))


def pack_message(message: Message) -> bytes:
    """As MSG."""
    return pack("<7I", *message, 0, 0)


def post(own: UserThread, target: MessageQueue, message: Message) -> None:
    """PostMessage."""
    if has_pointer(message.number):
        raise UserError(ERROR_MESSAGE_SYNC_ONLY)
    target.post(message._replace(time=own.queue.now()))
