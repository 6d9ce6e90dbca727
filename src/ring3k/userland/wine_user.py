"""How Wine's user32 is called, and what it shares with the kernel.

Its functions are called by the numbers of ``ntuser.h`` through PEB.KernelCallbackTable.
Window procedures are called with one structure; what a message's parameter points to is
put behind it, on the same stack.  What a thread shares with the kernel is in its TEB
(Win32ClientInfo).
"""

from __future__ import annotations

from struct import pack, unpack

from ring3k.abi.structs.ps import TEB
from ring3k.typed import TYPE_CHECKING
from ring3k.win32k.user.classes import (
    CS_DBLCLKS,
    CS_DROPSHADOW,
    CS_HREDRAW,
    CS_PARENTDC,
    CS_SAVEBITS,
    CS_VREDRAW,
    DIALOG_CLASS,
    ICON_TITLE_CLASS,
    MENU_CLASS,
    BuiltIn,
)
from ring3k.win32k.user.client import Attached, Client
from ring3k.win32k.user.session import thread_of

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread
    from ring3k.win32k.user.hooks import Hook, HookCall
    from ring3k.win32k.user.session import UserProcess
    from ring3k.win32k.user.window import Window

CALL_MONITOR, CALL_ASYNC, CALL_WINDOW, CALL_HOOK = 0, 1, 3, 4  # of ntuser.h's table
INIT_CLASSES, RENDER_FORMAT = 12, 17
WINDOW_CALL, HOOK_CALL = 52, 44  # sizes
FOR_DISPATCH, FOR_PROCEDURE, RECEIVED = 4, 5, 3  # what a character of another code page is mapped for
CLIENT_INFO = TEB.offset("Win32ClientInfo")
RECEIVE_FLAGS, TOP_WINDOW = CLIENT_INFO + 36, CLIENT_INFO + 40
AWARENESS = 0x10  # of windows: unaware
PROCEDURES = 14  # that user32 tells of, in a fixed order
DUAL = 10  # of which so many exist as ANSI and as Unicode
BUTTON, COMBO, _, DIALOG, EDIT, LIST, MDI, SCROLL, STATIC, IME, _, TITLE, MENU, MESSAGE = range(PROCEDURES)


class WineClient(Client):
    """Of Wine 8."""

    built_in = (
        BuiltIn("Button", BUTTON, CS_DBLCLKS | CS_VREDRAW | CS_HREDRAW | CS_PARENTDC, 12),
        BuiltIn("ComboBox", COMBO, CS_PARENTDC | CS_DBLCLKS | CS_HREDRAW | CS_VREDRAW, 4),
        BuiltIn("ComboLBox", LIST, CS_DBLCLKS | CS_SAVEBITS, 4),
        BuiltIn(DIALOG_CLASS, DIALOG, CS_SAVEBITS | CS_DBLCLKS, 30),
        BuiltIn("Edit", EDIT, CS_DBLCLKS | CS_PARENTDC, 8),
        BuiltIn(ICON_TITLE_CLASS, TITLE),
        BuiltIn("IME", IME, 0, 8),
        BuiltIn("ListBox", LIST, CS_DBLCLKS, 4),
        BuiltIn(MENU_CLASS, MENU, CS_DROPSHADOW | CS_SAVEBITS | CS_DBLCLKS, 4, 5),
        BuiltIn("MDIClient", MDI, 0, 8, 13),
        BuiltIn("ScrollBar", SCROLL, CS_DBLCLKS | CS_VREDRAW | CS_HREDRAW | CS_PARENTDC, 52),
        BuiltIn("Static", STATIC, CS_DBLCLKS | CS_PARENTDC, 8),
        BuiltIn("Message", MESSAGE),
    )

    def window_call(
        self,
        process: UserProcess,
        window: int,
        procedure: int,
        message: tuple[int, int, int],
        wide: bool,
        target_wide: bool,
        mapping: int,
        by_type: bool = True,
    ) -> bytes:
        """The structure that a window procedure is called with.

        ``by_type``: the procedure that fits the caller's character set is taken where there is one, which
        dialogs leave alone.
        """
        pair = process.pair(procedure)
        ansi, ansi_target = not wide, not target_wide
        if pair is not None and by_type:
            ansi_target = not pair[1] if wide else bool(pair[0])
        ansi_address, wide_address = (
            (pair[0] or procedure, pair[1] or procedure) if pair is not None else (procedure, procedure)
        )
        return pack(
            "<13I",
            procedure,
            window,
            *message,
            0,
            ansi,
            ansi_target,
            0,
            mapping,
            AWARENESS,
            ansi_address,
            wide_address,
        )

    async def _call(self, t: KThread, procedure: bytes, attached: Attached | None, lparam_at: int) -> int:
        data = procedure
        place = 0
        if attached is not None:
            place = ((t.guest.esp - len(data) - len(attached.data)) & ~3) + len(data)
            data = data[:lparam_at] + place.to_bytes(4, "little") + data[lparam_at + 4 :] + attached.at(place)
        _, result = await t.call_user(CALL_WINDOW, data)
        if attached is not None:
            attached.data = t.memory.read(place, len(attached.data))
        return int.from_bytes(result[:4], "little") if len(result) >= 4 else 0

    async def call_window(
        self, t: KThread, window: Window, number: int, wparam: int, lparam: int | Attached, wide: bool
    ) -> int:
        attached = lparam if isinstance(lparam, Attached) else None
        value = lparam if isinstance(lparam, int) else 0
        if window.thread is None:
            return 0
        told = self.window_call(
            window.thread.process,
            window.handle,
            window.procedure,
            (number, wparam, value),
            wide,
            window.wide,
            RECEIVED,
            not window.dialog,
        )
        return await self._call(t, told, attached, 16)

    async def call_hook(self, t: KThread, hook: Hook, call: HookCall) -> int:
        attached = call.lparam if isinstance(call.lparam, Attached) else None
        value = call.lparam if isinstance(call.lparam, int) else 0
        size = len(attached.data) if attached is not None else 0
        data = pack(
            "<4I2i3I2I",
            hook.procedure,
            hook.handle,
            0,
            0,
            call.kind,
            call.code,
            call.wparam,
            value,
            size,
            1,
            hook.wide,
        )
        if attached is not None:
            data += attached.at(((t.guest.esp - len(data) - size) & ~3) + len(data))
        status, result = await t.call_user(CALL_HOOK, data)
        if attached is not None and len(result) == size:
            attached.data = result
        return status

    async def call_back(
        self, t: KThread, procedure: int, window: int, number: int, data: int, result: int
    ) -> None:
        await t.call_user(CALL_ASYNC, pack("<5I", procedure, window, number, data, result))

    async def call_timer(self, t: KThread, procedure: int, window: int, number: int, wparam: int) -> None:
        process = thread_of(t).process
        time = t.kernel.clock.interrupt_time() // 10_000 & 0xFFFFFFFF
        told = self.window_call(process, window, procedure, (number, wparam, time), True, True, FOR_PROCEDURE)
        await self._call(t, told, None, 0)

    async def call_monitor(
        self, t: KThread, procedure: int, monitor: int, dc: int, rect: tuple[int, ...], data: int
    ) -> int:
        told = pack("<3I4iI", procedure, monitor, dc, *rect, data)
        status, _ = await t.call_user(CALL_MONITOR, told)
        return status

    async def classes_are_there(self, t: KThread) -> None:
        await t.call_user(INIT_CLASSES, b"")

    def receiving(self, t: KThread, flags: int) -> None:
        t.memory.write_u32(t.teb + RECEIVE_FLAGS, flags)

    def show_desktop(self, t: KThread, top: int, messages: int) -> None:
        t.memory.write(t.teb + TOP_WINDOW, pack("<2I", top, messages))


def client_procedures(t: KThread, ansi: int, wide: int) -> list[tuple[int, int]]:
    """The pairs of procedures that user32 tells of."""
    size = 4 * PROCEDURES
    return list(
        zip(
            unpack(f"<{PROCEDURES}I", t.memory.read(ansi, size)),
            unpack(f"<{PROCEDURES}I", t.memory.read(wide, size)),
            strict=True,
        )
    )
