"""What the kernel calls in a program: window procedures, hooks.

How that is done is the userland's: its user32 has a table of functions that the kernel
calls by number.  ``Client`` is a part of the system, of a class that the userland brings.
"""

from __future__ import annotations

from struct import pack_into

from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread
    from ring3k.win32k.user.classes import BuiltIn
    from ring3k.win32k.user.hooks import Hook, HookCall
    from ring3k.win32k.user.window import Window


class Attached:
    """A structure that a message's parameter points to: it lies on the program's stack during the call.

    ``pointers``: (place of a pointer in it, the place in it that is meant).  ``data`` is what the program
    has made of it afterwards.
    """

    def __init__(self, data: bytes, pointers: tuple[tuple[int, int], ...] = ()) -> None:
        self.data = data + bytes(-len(data) % 4)
        self._pointers = pointers

    def at(self, address: int) -> bytes:
        """Its bytes where it lies at an address."""
        data = bytearray(self.data)
        for place, target in self._pointers:
            pack_into("<I", data, place, address + target)
        return bytes(data)


class Client:
    """A userland's user32.  This one is of programs without: nothing is called."""

    built_in: tuple[BuiltIn, ...] = ()

    async def call_window(
        self, t: KThread, window: Window, number: int, wparam: int, lparam: int | Attached, wide: bool
    ) -> int:
        """Call a window's procedure in the thread that is its own."""
        return 0

    async def call_hook(self, t: KThread, hook: Hook, call: HookCall) -> int:
        """Call a hook's procedure."""
        return 0

    async def call_back(
        self, t: KThread, procedure: int, window: int, number: int, data: int, result: int
    ) -> None:
        """Call SendMessageCallback's procedure with the answer."""

    async def call_timer(self, t: KThread, procedure: int, window: int, number: int, wparam: int) -> None:
        """Call a timer's procedure."""

    async def call_monitor(
        self, t: KThread, procedure: int, monitor: int, dc: int, rect: tuple[int, ...], data: int
    ) -> int:
        """Call EnumDisplayMonitors' procedure; 0 ends the listing."""
        return 0

    async def classes_are_there(self, t: KThread) -> None:
        """user32's own classes have been registered."""

    def receiving(self, t: KThread, flags: int) -> None:
        """Tell the thread how the message was sent that it answers; 0 for none (InSendMessageEx)."""

    def show_desktop(self, t: KThread, top: int, messages: int) -> None:
        """Tell the thread its desktop's windows."""
