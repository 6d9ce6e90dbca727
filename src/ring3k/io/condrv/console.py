"""One console: its input, its screens, who is attached, and its terminal if it has one.

The active screen is the one that the terminal shows.  Output is collected and flushed a
moment later, or when somebody waits for input.
"""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.status import STATUS_CONTROL_C_EXIT, NtError
from ring3k.io.condrv import protocol as p
from ring3k.io.condrv.codepage import CodePage, units
from ring3k.io.condrv.input import InputQueue
from ring3k.io.condrv.screen import NO_VIEW, Screen
from ring3k.io.condrv.style import Palette
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ring3k.io.condrv.keys import KeyDecoder
    from ring3k.io.condrv.render import Renderer
    from ring3k.io.condrv.terminal import Terminal
    from ring3k.ke.kernel import Kernel
    from ring3k.ps.process import Process
    from ring3k.sched.scheduler import Alarm

FLUSH_DELAY = 40_000  # 4 ms, in 100 ns units
ESCAPE_DELAY = 300_000  # how long the rest of an escape sequence may take
CONTROL_TIME = 500_000  # what most programs need to handle a control event
INSISTING = 15_000_000
CELL_COST = 16  # of pool
DEFAULT_SIZE = (80, 25)


class Console:
    """A console."""

    def __init__(
        self, kernel: Kernel, terminal: Terminal | None, deliver: Callable[[Process, int], None]
    ) -> None:
        """``deliver``: a process is to handle a control event."""
        self.kernel = kernel
        self._terminal = terminal
        self._deliver = deliver
        self.palette = Palette()
        self.input = InputQueue(self._active_screen, self._typed_control, self._have_records, self._later)
        self.output_code_page = CodePage()
        self.title = ""
        self.original_title: str | None = None
        self.processes: dict[Process, int] = {}  # and their groups
        self.on_records: Callable[[], None] = _nothing  # somebody may wait on a file
        self._alarm: Alarm | None = None
        self._keys: KeyDecoder | None = None
        self._listening = False
        columns, lines = terminal.size() if terminal is not None else DEFAULT_SIZE
        self._paid = 0
        self._breaks: list[int] = []  # when Ctrl-Break was typed
        self.pay(columns * lines * CELL_COST)
        self.active = Screen(columns, lines, self.palette)
        self.screens = {self.active: 1}  # and how many files refer to each
        self.renderer: Renderer | None = None
        if terminal is not None:
            self._connect(terminal, columns, lines)
        self._adopt(self.active)

    def _connect(self, terminal: Terminal, columns: int, lines: int) -> None:
        from ring3k.io.condrv.render import Renderer

        self.renderer = Renderer(self.active, columns, lines, terminal.write, self._flush_soon)
        self.active.view = self.renderer
        terminal.connect(self._typed, self._resized, self._typed_control)

    # -- screens -------------------------------------------------------------------------------
    def _active_screen(self) -> Screen:
        return self.active

    def _adopt(self, screen: Screen) -> None:
        screen.report = self._reported
        screen.set_title = self.set_title

    def new_screen(self) -> Screen:
        """A screen like the active one, empty."""
        now = self.active
        self.pay((now.columns * now.lines) * CELL_COST)
        made = Screen(now.columns, now.lines, self.palette, self.palette.attribute(now.attribute))
        made.colours, made.font = now.colours, now.font
        made.most_columns, made.most_lines = now.most_columns, now.most_lines
        self._adopt(made)
        self.screens[made] = 0
        return made

    def activate(self, screen: Screen) -> None:
        """Show it."""
        if screen is self.active:
            return
        self.active.view = NO_VIEW
        self.screens[screen] += 1
        before, self.active = self.active, screen
        if self.renderer is not None:
            screen.view = self.renderer
            self.renderer.show(screen)
        self.release(before)

    def release(self, screen: Screen) -> None:
        """One reference less."""
        self.screens[screen] -= 1
        if not self.screens[screen]:
            del self.screens[screen]
            self.pay(-screen.width * screen.height * CELL_COST)
        elif self.screens[screen] == 1 and screen is self.active and len(self.screens) > 1:
            # Nobody has it open any more
            self.activate(next(one for one in self.screens if one is not screen))

    def pay(self, cost: int) -> None:
        """Charge the pool, or (less than 0) release.  STATUS_INSUFFICIENT_RESOURCES."""
        if cost > 0:
            self.kernel.pool.charge(cost)
        self._paid += cost
        if cost < 0:
            self.kernel.pool.release(-cost)

    def resize(self, screen: Screen, width: int, height: int) -> bool:
        """Give a screen another size; False if it cannot have that."""
        if width <= 0 or height <= 0:
            return False
        more = (width * height - screen.width * screen.height) * CELL_COST
        self.pay(max(more, 0))
        done = screen.resize(width, height)
        if not done or more < 0:
            self.pay(-abs(more))
        return done

    def flush(self) -> None:
        """Let the terminal have what there is."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self.renderer is not None:
            self.renderer.flush()

    def aside(self) -> None:
        """Somebody else is about to write to the terminal."""
        self.flush()
        if self.renderer is not None:
            self.renderer.disturbed()

    def _flush_soon(self) -> None:
        if self._alarm is None:
            now = self.kernel.clock.interrupt_time()
            self._alarm = self.kernel.scheduler.alarm(now + FLUSH_DELAY, self.flush)

    def set_title(self, title: str) -> None:
        if self.original_title is None:
            self.original_title = title
        self.title = title
        if self.renderer is not None:
            self.renderer.title(title)

    def beep(self) -> None:
        if self.renderer is not None:
            self.renderer.beep()

    # -- input ---------------------------------------------------------------------------------
    def listen(self) -> None:
        """Somebody is interested in input."""
        if not self._listening:
            self._listening = True
            if self._terminal is not None:
                self._terminal.listen()

    def notice(self) -> None:
        """Somebody may be interested in input: he is if there is some."""
        if not self._listening and self._terminal is not None and self._terminal.has_input():
            self.listen()

    def waits(self) -> None:
        """Somebody waits for input: show what there is."""
        self.listen()
        if self._alarm is not None:
            self.flush()

    def _typed(self, data: bytes) -> None:
        """Bytes of the terminal."""
        if not data:
            self.input.end()
            self.control(p.CTRL_CLOSE_EVENT, 0)
            return
        if self._keys is None:
            from ring3k.io.condrv.keys import KeyDecoder

            self._keys = KeyDecoder()
        keys = self._keys
        if self.input.mode & p.ENABLE_VIRTUAL_TERMINAL_INPUT:
            self._reported(data.decode("utf-8", "replace"))
            return
        self.input.put(keys.feed(data))
        if keys.pending:
            due = self.kernel.clock.interrupt_time() + ESCAPE_DELAY
            self.kernel.scheduler.alarm(due, self._no_more_keys)

    def _no_more_keys(self) -> None:
        if self._keys is not None:
            self.input.put(self._keys.flush())

    def _reported(self, text: str) -> None:
        """Characters as input, whatever keys they might be."""
        self.input.put(
            [
                p.KEY_RECORD.pack(p.KEY_EVENT, down, 1, 0, 0, ord(one), 0)
                for one in units(text)
                for down in (1, 0)
            ]
        )

    def _later(self, action: Callable[[], None]) -> None:
        self.kernel.scheduler.alarm(self.kernel.clock.interrupt_time() + CONTROL_TIME, action)

    def _have_records(self) -> None:
        self.on_records()

    def _resized(self) -> None:
        """The terminal has another size."""
        if self._terminal is None or self.renderer is None:
            return
        columns, lines = self._terminal.size()
        active = self.active
        if (columns, lines) == (self.renderer.columns, self.renderer.lines):
            return
        for screen in self.screens:
            before = screen.width * screen.height
            screen.fit(columns, lines)
            with suppress(NtError):  # it is no guest that wants this
                self.pay((screen.width * screen.height - before) * CELL_COST)
        self.renderer.resized(columns, lines)
        if self.input.editor is not None:
            self.input.editor.resized()
        if self.input.mode & p.ENABLE_WINDOW_INPUT:
            self.input.put([p.SIZE_RECORD.pack(p.WINDOW_BUFFER_SIZE_EVENT, active.width, active.height)])

    # -- control events ------------------------------------------------------------------------
    def _typed_control(self, event: int) -> None:
        """A control event; Ctrl-Break three times is the end of programs that will not hear."""
        if event == p.CTRL_BREAK_EVENT:
            now = self.kernel.clock.interrupt_time()
            self._breaks = [one for one in self._breaks if now - one < INSISTING] + [now]
            if len(self._breaks) >= 3:
                for process in tuple(self.processes):
                    process.terminate(STATUS_CONTROL_C_EXIT)
                return
        self.control(event, 0)

    def control(self, event: int, group: int) -> None:
        """To every process, or every one of a group."""
        for process, own in tuple(self.processes.items()):
            if not group or own == group:
                self._deliver(process, event)

    # -- the end -------------------------------------------------------------------------------
    def close(self) -> None:
        """Give the terminal back.  May be called twice."""
        paid, self._paid = self._paid, 0
        self.kernel.pool.release(paid)
        terminal, self._terminal = self._terminal, None
        if terminal is not None:
            if self._alarm is not None:
                self._alarm.cancel()
                self._alarm = None
            if self.renderer is not None:
                self.renderer.leave()
                self.renderer = None
            self.active.view = NO_VIEW
            terminal.close()


def _nothing() -> None: ...
