"""Message queues: what is posted to a thread, what is sent to it, its timers.

A message that is posted waits to be fetched; one that is sent is answered while its
receiver looks for messages, and the sender waits for the answer, answering meanwhile
what is sent to itself.  Messages come in this order: sent ones, posted ones, the end of
the loop (PostQuitMessage), timers.

A queue can be waited for.  It is signalled when one of the kinds of input that the wait
names is there (``wake_mask``) or has come since somebody last looked (``changed_mask``).
"""

from __future__ import annotations

from collections import deque

from ring3k.ke.dispatcher import Dispatcher
from ring3k.typed import TYPE_CHECKING, NamedTuple
from ring3k.win32k.error import ERROR_NOT_ENOUGH_MEMORY, UserError

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread
    from ring3k.sched.scheduler import Alarm
    from ring3k.win32k.user.client import Attached
    from ring3k.win32k.user.session import UserThread

QS_KEY, QS_MOUSEMOVE, QS_MOUSEBUTTON, QS_POSTMESSAGE = 1, 2, 4, 8
QS_TIMER, QS_PAINT, QS_SENDMESSAGE, QS_HOTKEY, QS_ALLPOSTMESSAGE = 0x10, 0x20, 0x40, 0x80, 0x100
QS_SMRESULT = 0x8000  # an answer to what the thread has sent
QS_INPUT = QS_KEY | QS_MOUSEMOVE | QS_MOUSEBUTTON | 0x400
QS_ALLINPUT = 0x4FF
WM_QUIT, WM_TIMER, WM_SYSTIMER = 0x12, 0x113, 0x118
MESSAGE_COST = 64
MOST_POSTED = 10000  # as Windows has it
MOST_TIMERS = 4096
SHORTEST_TIMER, LONGEST_TIMER = 10, 0x7FFFFFFF  # milliseconds
UNITS = 10_000  # of the clock in a millisecond


class Message(NamedTuple):
    """As MSG has it."""

    window: int
    number: int
    wparam: int
    lparam: int
    time: int = 0


class Sent:
    """A message that is sent to a thread, until its sender has the answer."""

    __slots__ = ("answered", "attached", "callback", "message", "result", "sender", "wide")

    def __init__(self, message: Message, sender: MessageQueue | None, wide: bool = True) -> None:
        self.message = message
        self.sender = sender  # None: nobody waits for the answer
        self.wide = wide
        self.callback: tuple[int, int] | None = None  # of SendMessageCallback: procedure, data
        self.attached: Attached | None = None  # what its parameter points to, for another process
        self.answered = False
        self.result = 0

    @property
    def flags(self) -> int:
        """As InSendMessageEx tells: sent, told only, with an answer to a procedure; answered."""
        kind = 4 if self.callback is not None else 1 if self.sender is not None else 2
        return kind | 8 if self.answered else kind

    def answer(self, result: int) -> None:
        """The first answer is the one."""
        if self.answered:
            return
        self.answered = True
        self.result = result
        if self.sender is not None:
            self.sender.note(QS_SMRESULT)


class Timer:
    """SetTimer's."""

    def __init__(self, queue: MessageQueue, message: Message, period: int) -> None:
        self.queue = queue
        self.message = message
        self.period = period * UNITS
        self.expired = False
        self.due = queue.kernel.clock.interrupt_time() + self.period
        self._alarm: Alarm | None = None
        self.start()

    def start(self) -> None:
        self.expired = False
        self._alarm = self.queue.kernel.scheduler.alarm(self.due, self._expire)

    def again(self) -> None:
        """It has been told of; the next time is a whole number of periods on."""
        now = self.queue.kernel.clock.interrupt_time()
        self.due += self.period * ((now - self.due) // self.period + 1)
        self.start()

    def _expire(self) -> None:
        self.expired = True
        self.queue.note(QS_TIMER)

    def cancel(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()


class MessageQueue(Dispatcher):
    """Of one thread."""

    def __init__(self, kernel: Kernel, owner: UserThread) -> None:
        super().__init__()
        self.kernel = kernel
        self.owner = owner
        self.posted: deque[Message] = deque()
        self.sent: deque[Sent] = deque()
        self.callbacks: list[Sent] = []  # answers that procedures are to be called with
        self.receiving: list[Sent] = []  # those being answered, the innermost last
        self.quit: int | None = None
        self.timers: dict[tuple[int, int, int], Timer] = {}  # by window, number, message
        self.changed = 0
        self.wake_mask = self.changed_mask = 0
        self.ended = False

    # -- waiting -----------------------------------------------------------------
    @property
    def present(self) -> int:
        """The kinds of input that are there."""
        bits = 0
        if self.posted or self.quit is not None:
            bits |= QS_POSTMESSAGE | QS_ALLPOSTMESSAGE
        if self.sent:
            bits |= QS_SENDMESSAGE
        if any(timer.expired for timer in self.timers.values()):
            bits |= QS_TIMER
        return bits

    def can_take(self, thread: KThread) -> bool:
        return bool(self.changed & self.changed_mask or self.present & self.wake_mask)

    def take(self, thread: KThread) -> bool:
        self.wake_mask = self.changed_mask = 0
        return False

    def note(self, bits: int) -> None:
        """Input of these kinds has come."""
        self.changed |= bits
        if self.waiters:
            self.signalled()

    # -- putting in ----------------------------------------------------------------
    def post(self, message: Message) -> None:
        """ERROR_NOT_ENOUGH_MEMORY."""
        if len(self.posted) >= MOST_POSTED or self.ended:
            raise UserError(ERROR_NOT_ENOUGH_MEMORY)
        self.kernel.pool.charge(MESSAGE_COST)
        self.posted.append(message)
        self.note(QS_POSTMESSAGE | QS_ALLPOSTMESSAGE)

    def send(self, sent: Sent) -> None:
        """ERROR_NOT_ENOUGH_MEMORY."""
        if len(self.sent) >= MOST_POSTED or self.ended:
            raise UserError(ERROR_NOT_ENOUGH_MEMORY)
        self.kernel.pool.charge(MESSAGE_COST)
        self.sent.append(sent)
        self.note(QS_SENDMESSAGE)

    def post_quit(self, status: int) -> None:
        self.quit = status
        self.note(QS_POSTMESSAGE | QS_ALLPOSTMESSAGE)

    # -- taking out ----------------------------------------------------------------
    def take_sent(self) -> Sent | None:
        """The next message to be answered at once."""
        if not self.sent:
            return None
        self.kernel.pool.release(MESSAGE_COST)
        sent = self.sent.popleft()
        if not self.sent:
            self.changed &= ~QS_SENDMESSAGE
        return sent

    def look(self, window: int | None, first: int, last: int, kinds: int, remove: bool) -> Message | None:
        """The next posted message, end of the loop or timer.

        ``window``: None for those of all windows and of none, 0 for those of none, else of one window and
        its children.
        """
        if kinds & QS_POSTMESSAGE:
            self.changed &= ~(QS_POSTMESSAGE | QS_HOTKEY | QS_TIMER)
            if first == 0 and last == 0xFFFFFFFF:
                self.changed &= ~QS_ALLPOSTMESSAGE
            found = self._posted(window, first, last, remove)
            if found is not None:
                return found
            if self.quit is not None:
                status = self.quit
                if remove:
                    self.quit = None
                return Message(0, WM_QUIT, status, 0, self.now())
        self.changed &= ~(kinds & (QS_INPUT | QS_PAINT))
        return self._expired(window, first, last, remove) if kinds & QS_TIMER else None

    def _posted(self, window: int | None, first: int, last: int, remove: bool) -> Message | None:
        for place, message in enumerate(self.posted):
            if first <= message.number <= last and self._matches(window, message.window):
                if remove:
                    del self.posted[place]
                    self.kernel.pool.release(MESSAGE_COST)
                return message
        return None

    def _expired(self, window: int | None, first: int, last: int, remove: bool) -> Message | None:
        for timer in self.timers.values():
            message = timer.message
            if timer.expired and first <= message.number <= last and self._matches(window, message.window):
                if remove:
                    timer.again()
                return message._replace(time=self.now())
        return None

    def _matches(self, wanted: int | None, window: int) -> bool:
        if wanted is None or wanted == window:
            return True
        return bool(wanted and window) and self.owner.session.is_child(wanted, window)

    def now(self) -> int:
        """Milliseconds, as GetTickCount has them."""
        return self.kernel.clock.interrupt_time() // UNITS & 0xFFFFFFFF

    # -- timers ----------------------------------------------------------------------
    def set_timer(self, message: Message, period: int) -> int:
        """A timer, in place of one of the same number; a number is found for one without a window."""
        period = min(max(period, SHORTEST_TIMER), LONGEST_TIMER)
        number = message.wparam
        if not message.window and (0, number, message.number) not in self.timers:
            number = next(n for n in range(0x7FFF, 0, -1) if (0, n, message.number) not in self.timers)
            message = message._replace(wparam=number)
        key = (message.window, number, message.number)
        before = self.timers.pop(key, None)
        if before is not None:
            before.cancel()
        elif len(self.timers) >= MOST_TIMERS:
            raise UserError(ERROR_NOT_ENOUGH_MEMORY)
        else:
            self.kernel.pool.charge(MESSAGE_COST)
        self.timers[key] = Timer(self, message, period)
        return number

    def kill_timer(self, window: int, number: int, kind: int) -> bool:
        timer = self.timers.pop((window, number, kind), None)
        if timer is None:
            return False
        timer.cancel()
        self.kernel.pool.release(MESSAGE_COST)
        return True

    # -- the end -----------------------------------------------------------------------
    def drop_window(self, window: int) -> None:
        """A window is gone, and what was posted to it."""
        kept = [message for message in self.posted if message.window != window]
        self.kernel.pool.release(MESSAGE_COST * (len(self.posted) - len(kept)))
        self.posted = deque(kept)
        for of, number, kind in tuple(self.timers):
            if of == window:
                self.kill_timer(of, number, kind)
        for sent in tuple(self.sent):
            if sent.message.window == window:
                self.sent.remove(sent)
                self.kernel.pool.release(MESSAGE_COST)
                sent.answer(0)

    def end(self) -> None:
        """The thread is gone: whoever waits for an answer gets none."""
        self.ended = True
        self.kernel.pool.release(MESSAGE_COST * (len(self.posted) + len(self.sent)))
        for sent in (*self.sent, *self.receiving):
            sent.answer(0)
        self.posted.clear()
        self.sent.clear()
        for of, number, kind in tuple(self.timers):
            self.kill_timer(of, number, kind)
