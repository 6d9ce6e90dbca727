"""What a session's processes and threads have of USER's, and when it goes.

A thread becomes one of USER's with its first such call: it gets a message queue, and the
desktop that its process uses.  Its windows go with it.  A process's classes, hooks and
icons go with the process.
"""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.status import NtError
from ring3k.ex.atom import AtomTable
from ring3k.io.posting import Posting
from ring3k.typed import TYPE_CHECKING, Any
from ring3k.win32k.error import UserError
from ring3k.win32k.user.handles import UserHandles, UserObject
from ring3k.win32k.user.queue import Message, MessageQueue
from ring3k.win32k.user.station import Desktop, Stations, WindowStation

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread
    from ring3k.win32k.user.classes import WindowClass
    from ring3k.win32k.user.hooks import Hook
    from ring3k.win32k.user.window import Window

WINDOW_PROCEDURES = 0xFFFF  # high word of what stands for a pair of procedures
MOST_PROCEDURES = 4096


class UserProcess:
    """Of one process."""

    def __init__(self, session: Session, process: Any) -> None:
        self.session = session
        self.process = process
        self.objects: dict[UserObject, None] = {}
        self.classes: list[WindowClass] = []
        self.station = 0  # handle of its window station
        self.desktop = 0  # handle of the desktop that its threads begin with
        self.layout = 0
        self.awareness = 0  # of dots per inch; what SetProcessDpiAwarenessContext gave
        self.user_module = 0
        self.procedures: list[tuple[int, int]] = []  # (ANSI, Unicode): a window procedure by its number
        self._numbers: dict[tuple[int, bool], int] = {}
        self.ready = False  # user32 has told its procedures
        self.built_in = False  # the classes of user32 are there
        self.clipboard: dict[int, list[int]] = {}  # what it has of the clipboard's data: handle, number
        self.gdi: Any = None  # gdi.table.GdiProcess

    def set_client_procedures(self, pairs: list[tuple[int, int]], dual: int) -> None:
        """user32's own, which both sides know by number; the first ``dual`` exist as ANSI and as Unicode."""
        self.procedures = [*pairs, *self.procedures[len(pairs) :]]
        self._numbers = {}
        for number, (ansi, wide) in reversed(list(enumerate(self.procedures))):
            both = number < dual
            for address, is_ansi in ((ansi, True), (wide, False)):
                if address:
                    self._numbers[address, is_ansi] = number
                    if both:
                        self._numbers[address, not is_ansi] = number

    def procedure(self, address: int, ansi: bool) -> int:
        """What stands for a window procedure."""
        if not address or address >> 16 == WINDOW_PROCEDURES:
            return address
        number = self._numbers.get((address, ansi))
        if number is None:
            number = len(self.procedures)
            if number >= MOST_PROCEDURES:
                return address
            self.procedures.append((address, 0) if ansi else (0, address))
            self._numbers[address, ansi] = number
        return WINDOW_PROCEDURES << 16 | number

    def pair(self, procedure: int) -> tuple[int, int] | None:
        """(ANSI, Unicode) of what stands for a procedure, one may be 0; None for a plain address."""
        number = procedure & 0xFFFF
        if procedure >> 16 != WINDOW_PROCEDURES or number >= len(self.procedures):
            return None
        return self.procedures[number]

    def address(self, procedure: int, ansi: bool) -> int:
        """What a program is shown of a procedure: the address if there is one for its character set."""
        pair = self.pair(procedure)
        return (pair[0 if ansi else 1] or procedure) if pair is not None else procedure

    def wide(self, procedure: int, default: bool) -> bool:
        """Whether a procedure takes Unicode."""
        pair = self.pair(procedure)
        return default if pair is None or (pair[0] and pair[1]) else bool(pair[1])

    def end(self) -> None:
        """The process has gone."""
        for one in reversed(tuple(self.objects)):
            one.destroy()
            self.session.handles.remove(one)
        for known in self.classes:
            known.release()
        self.classes.clear()
        if self.gdi is not None:
            self.gdi.end()
            self.gdi = None


class UserThread:
    """Of one thread."""

    def __init__(self, process: UserProcess, thread: KThread) -> None:
        self.process = process
        self.session = process.session
        self.thread = thread
        self.queue = MessageQueue(thread.kernel, self)
        self.desktop = process.desktop
        self.windows: dict[Window, None] = {}
        self.shown: list[Window] = []  # those on the desktop that nobody has been told of yet
        self.hooks: list[Hook] = []  # those in force for it alone, the newest first
        self.hook: Hook | None = None  # whose procedure runs
        self.depth = 0  # of window procedures and hooks that call each other
        self.focus = self.active = self.capture = 0
        self.cursor = 0
        self.show_count = 0
        self.caret_blink = 530

    def end(self) -> None:
        """The thread has gone."""
        for window in tuple(self.windows):
            window.vanish()
        self.queue.end()
        for hook in tuple(self.hooks):
            hook.remove()
        session = self.session
        session.threads.pop(self.thread, None)
        session.by_tid.pop(self.thread.tid, None)
        if all(one.ended for one in self.process.process.threads):
            session.forget(self.process)


class Session:
    """The one session of a system."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.handles = UserHandles(kernel)
        self.threads: dict[KThread, UserThread] = {}
        self.by_tid: dict[int, UserThread] = {}
        self.processes: dict[Any, UserProcess] = {}
        self.stations = Stations(kernel)
        self.hooks: list[Hook] = []  # for all threads
        self.clipboard: Any = None
        self.colors: dict[int, int] = {}
        self.parameters: dict[int, int] = {}
        self.shell_window = 0
        self.foreground = 0
        posting = kernel.late_part(Posting)
        posting.post, posting.exists = self.post, self._has_window

    @classmethod
    def for_kernel(cls, kernel: Kernel) -> Session:
        return cls(kernel)

    # -- for drivers -----------------------------------------------------------------------
    def post(self, window: int, message: int, wparam: int, lparam: int) -> None:
        """Post a driver's message; nothing becomes of one that nobody can have."""
        from ring3k.win32k.user.messages import has_pointer
        from ring3k.win32k.user.window import Window

        found = self.handles.find(window, Window)
        if found is None or found.thread is None or has_pointer(message):
            return
        queue = found.thread.queue
        with suppress(UserError, NtError):
            queue.post(Message(found.handle, message, wparam, lparam, queue.now()))

    def _has_window(self, handle: int) -> bool:
        from ring3k.win32k.user.window import Window

        return self.handles.find(handle, Window) is not None

    # -- its parts -------------------------------------------------------------------------

    @property
    def atoms(self) -> AtomTable:
        """Names of classes, messages and clipboard formats are atoms of the one table."""
        return self.kernel.late_part(AtomTable)

    def process_of(self, process: Any) -> UserProcess:
        found = self.processes.get(process)
        if found is None:
            for one in [one for one in self.processes if not any(not t.ended for t in one.threads)]:
                self.forget(self.processes[one])
            found = self.processes[process] = UserProcess(self, process)
        return found

    def thread_of(self, t: KThread) -> UserThread:
        found = self.threads.get(t)
        if found is None:
            process = self.process_of(t.process)
            if not process.station:
                self._connect(t, process)
            found = self.threads[t] = self.by_tid[t.tid] = UserThread(process, t)
            t.at_end.append(found.end)
        return found

    def _connect(self, t: KThread, process: UserProcess) -> None:
        """Give a process the interactive window station and its desktop."""
        station = self.stations.default()
        kind = WindowStation.rights.mapping.all
        process.station = t.handles.insert(station, kind)
        desktop = station.desktop("Default")
        desktop.reference()
        try:
            process.desktop = t.handles.insert(desktop, Desktop.rights.mapping.all)
        finally:
            desktop.dereference()

    def is_child(self, parent: int, window: int) -> bool:
        """Whether a window is in another."""
        from ring3k.win32k.user.window import Window

        found = self.handles.find(window, Window)
        while found is not None and found.handle != parent:
            found = found.parent
        return found is not None

    def forget(self, process: UserProcess) -> None:
        self.processes.pop(process.process, None)
        process.end()


def session_of(t: KThread) -> Session:
    return t.kernel.late_part(Session)


def thread_of(t: KThread) -> UserThread:
    """The caller, as USER knows it."""
    session = t.kernel.late_part(Session)
    found = session.threads.get(t)
    return found if found is not None else session.thread_of(t)
