"""Hooks: procedures that see messages and what happens to windows before others do.

A hook is for one thread, or for all of a desktop.  Those for all run here only in the
process that has set them: nothing is loaded into other processes.
"""

from __future__ import annotations

from ring3k.typed import TYPE_CHECKING, NamedTuple
from ring3k.win32k.user.client import Attached, Client
from ring3k.win32k.user.handles import UserObject

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread
    from ring3k.win32k.user.session import Session, UserProcess, UserThread

WH_MSGFILTER, WH_JOURNALRECORD, WH_JOURNALPLAYBACK, WH_KEYBOARD, WH_GETMESSAGE = -1, 0, 1, 2, 3
WH_CALLWNDPROC, WH_CBT, WH_SYSMSGFILTER, WH_MOUSE, WH_SHELL = 4, 5, 6, 7, 10
WH_FOREGROUNDIDLE, WH_CALLWNDPROCRET, WH_KEYBOARD_LL, WH_MOUSE_LL = 11, 12, 13, 14
LAST_HOOK = 14
ONLY_GLOBAL = {WH_JOURNALRECORD, WH_JOURNALPLAYBACK, WH_SYSMSGFILTER, WH_KEYBOARD_LL, WH_MOUSE_LL}
HCBT_CREATEWND, HCBT_DESTROYWND = 3, 4
DEEPEST = 25  # hooks that call each other


class HookCall(NamedTuple):
    """What a hook is called with."""

    kind: int
    code: int
    wparam: int
    lparam: int | Attached


class Hook(UserObject):
    """SetWindowsHookEx's."""

    def __init__(
        self,
        process: UserProcess,
        thread: UserThread | None,
        kind: int,
        procedure: int,
        module: str,
        wide: bool,
    ) -> None:
        self.process = process
        self.thread = thread
        self.kind = kind
        self.procedure = procedure  # an offset from the module's base if there is one
        self.module = module
        self.wide = wide
        process.session.handles.add(self, process)
        self._row.insert(0, self)

    @property
    def _row(self) -> list[Hook]:
        return self.thread.hooks if self.thread is not None else self.process.session.hooks

    def remove(self) -> None:
        if self in self._row:
            self._row.remove(self)
        self.process.session.handles.remove(self)

    def destroy(self) -> None:
        self.remove()


class EventHook(UserObject):
    """SetWinEventHook's: kept, and never called, since events of accessibility are not made."""

    def __init__(self, session: Session, process: UserProcess, first: int, last: int) -> None:
        self.first, self.last = first, last
        session.handles.add(self, process)


def chain(thread: UserThread, kind: int, after: Hook | None = None) -> Hook | None:
    """The first hook of a kind that a thread is to run, or the one after another."""
    row = [
        hook
        for hook in (*thread.hooks, *thread.session.hooks)
        if hook.kind == kind and hook.process is thread.process
    ]
    if after is None:
        return row[0] if row else None
    place = row.index(after) + 1 if after in row else len(row)
    return row[place] if place < len(row) else None


async def call_hook(t: KThread, thread: UserThread, hook: Hook | None, call: HookCall) -> int:
    """Call one hook; it calls those behind it (CallNextHookEx)."""
    if hook is None or thread.depth >= DEEPEST:
        return 0
    before, thread.hook = thread.hook, hook
    thread.depth += 1
    try:
        return await t.kernel.late_part(Client).call_hook(t, hook, call)
    finally:
        thread.hook = before
        thread.depth -= 1


async def call_hooks(t: KThread, thread: UserThread, call: HookCall) -> int:
    """Call the hooks of a kind; 0 without one."""
    if not thread.hooks and not thread.session.hooks:
        return 0
    return await call_hook(t, thread, chain(thread, call.kind), call)
