"""Hooks."""

from __future__ import annotations

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.types import Long, Pointer, Ulong
from ring3k.ke.thread import KThread as Thread
from ring3k.win32k.error import (
    ERROR_HOOK_NEEDS_HMOD,
    ERROR_INVALID_FILTER_PROC,
    ERROR_INVALID_HOOK_HANDLE,
    ERROR_INVALID_PARAMETER,
    UserError,
    refuse,
)
from ring3k.win32k.user.hooks import (
    LAST_HOOK,
    ONLY_GLOBAL,
    WH_KEYBOARD_LL,
    WH_MOUSE_LL,
    WH_MSGFILTER,
    WH_SYSMSGFILTER,
    EventHook,
    Hook,
    HookCall,
    call_hook,
    call_hooks,
    chain,
)
from ring3k.win32k.user.session import thread_of
from ring3k.win32k.user.text import counted

WINEVENT_INCONTEXT = 4


@syscall(PARTIAL, "a hook for all threads runs in its own process only", refuses=refuse)
def NtUserSetWindowsHookEx(
    t: Thread,
    module: Pointer,
    module_name: Pointer,
    thread_id: Ulong,
    kind: Long,
    procedure: Pointer,
    ansi: Ulong,
) -> int:
    """Set a hook: its handle."""
    if not procedure:
        raise UserError(ERROR_INVALID_FILTER_PROC)
    if not WH_MSGFILTER <= kind <= LAST_HOOK or (thread_id and kind in ONLY_GLOBAL):
        raise UserError(ERROR_INVALID_PARAMETER)
    own = thread_of(t)
    if not thread_id:
        if kind in (WH_KEYBOARD_LL, WH_MOUSE_LL):
            module = 0
        elif not module:
            raise UserError(ERROR_HOOK_NEEDS_HMOD)
    target = own.session.by_tid.get(thread_id) if thread_id else None
    if thread_id and target is None:
        raise UserError(ERROR_INVALID_PARAMETER)
    return Hook(own.process, target, kind, procedure, "", not ansi).handle


def _take(hook: Hook | None) -> int:
    if hook is None:
        raise UserError(ERROR_INVALID_HOOK_HANDLE)
    hook.remove()
    return 1


@syscall(refuses=refuse)
def NtUserUnhookWindowsHookEx(t: Thread, hook: Ulong) -> int:
    """Take a hook back."""
    return _take(thread_of(t).session.handles.find(hook, Hook))


def unhook(t: Thread, kind: int, procedure: int) -> int:
    """UnhookWindowsHook: by what it was set with."""
    own = thread_of(t)
    row = (*own.hooks, *own.session.hooks)
    return _take(next((one for one in row if one.kind == kind and one.procedure == procedure), None))


@syscall(refuses=refuse)
async def NtUserCallNextHookEx(t: Thread, hook: Ulong, code: Long, wparam: Ulong, lparam: Ulong) -> int:
    """Call the hook behind the one that runs."""
    own = thread_of(t)
    if own.hook is None:
        raise UserError(ERROR_INVALID_HOOK_HANDLE)
    after = chain(own, own.hook.kind, own.hook)
    return await call_hook(t, own, after, HookCall(own.hook.kind, code, wparam, lparam))


@syscall(refuses=refuse)
async def NtUserCallMsgFilter(t: Thread, message: Pointer, code: Long) -> int:
    """Show a message to the hooks for message filters; whether one wants it."""
    own = thread_of(t)
    for kind in (WH_SYSMSGFILTER, WH_MSGFILTER):
        if await call_hooks(t, own, HookCall(kind, code, 0, message)):
            return 1
    return 0


@syscall(PARTIAL, "there are no events of accessibility to be told", refuses=refuse)
def NtUserSetWinEventHook(
    t: Thread,
    event_min: Ulong,
    event_max: Ulong,
    module: Pointer,
    module_name: Pointer,
    procedure: Pointer,
    process_id: Ulong,
    thread_id: Ulong,
    flags: Ulong,
) -> int:
    """Wait for events of accessibility: a handle."""
    if flags & WINEVENT_INCONTEXT and not module:
        raise UserError(ERROR_HOOK_NEEDS_HMOD)
    if not procedure or event_min > event_max:
        raise UserError(ERROR_INVALID_FILTER_PROC if not procedure else ERROR_INVALID_PARAMETER)
    own = thread_of(t)
    counted(t, module_name)
    return EventHook(own.session, own.process, event_min, event_max).handle


@syscall(refuses=refuse)
def NtUserUnhookWinEvent(t: Thread, hook: Ulong) -> int:
    """Wait for no events any more."""
    found = thread_of(t).session.handles.find(hook, EventHook)
    if found is None:
        raise UserError(6)
    found.owner.session.handles.remove(found)
    return 1


@syscall(PARTIAL, "nobody is told", refuses=refuse)
def NtUserNotifyWinEvent(t: Thread, event: Ulong, window: Ulong, object_id: Long, child_id: Long) -> int:
    """Something has happened to a window, for those who read the screen."""
    return 0
