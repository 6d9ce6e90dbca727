"""Windows: what is kept of each, and how they are in each other.

Nothing is drawn: a window has a place and a size, a style and a text, and is called with
messages.  A window belongs to the thread that made it.
"""

from __future__ import annotations

from ring3k.ke.pool import NAME_COST
from ring3k.typed import TYPE_CHECKING
from ring3k.win32k.error import (
    ERROR_INVALID_PARAMETER,
    ERROR_INVALID_WINDOW_HANDLE,
    ERROR_NOT_ENOUGH_MEMORY,
    UserError,
)
from ring3k.win32k.user.handles import UserObject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ring3k.ke.thread import KThread
    from ring3k.win32k.user.classes import WindowClass
    from ring3k.win32k.user.session import Session, UserThread
    from ring3k.win32k.user.station import Desktop

WS_POPUP, WS_CHILD, WS_MINIMIZE, WS_VISIBLE = 0x80000000, 0x40000000, 0x20000000, 0x10000000
WS_DISABLED, WS_CLIPSIBLINGS, WS_CLIPCHILDREN, WS_MAXIMIZE = 0x8000000, 0x4000000, 0x2000000, 0x1000000
WS_CAPTION, WS_DLGFRAME, WS_THICKFRAME = 0xC00000, 0x400000, 0x40000
WS_EX_DLGMODALFRAME, WS_EX_WINDOWEDGE, WS_EX_LAYERED = 1, 0x100, 0x80000
HWND_MESSAGE, HWND_BROADCAST = 0xFFFFFFFD, 0xFFFF
GA_PARENT, GA_ROOT, GA_ROOTOWNER = 1, 2, 3
GW_HWNDFIRST, GW_HWNDLAST, GW_HWNDNEXT, GW_HWNDPREV, GW_OWNER, GW_CHILD = range(6)
MOST_TEXT = 0x8000
WINDOW_COST, PROPERTY_COST = 1024, 64
DEEPEST = 64  # windows within each other, or owners of owners
MOST_PROPERTIES = 1024
MOST_SHOWN = 8  # of a thread's windows that somebody is told of at once
Rect = tuple[int, int, int, int]


class Window(UserObject):
    """One window.  ``thread`` is None for the two of a desktop."""

    def __init__(
        self,
        session: Session,
        thread: UserThread | None,
        class_: WindowClass | None,
        desktop: Desktop,
        parent: Window | None,
        extra: int = 0,
    ) -> None:
        self.session = session
        self.thread = thread
        self.class_ = class_
        self.desktop = desktop
        self.parent = parent
        self.window_owner: Window | None = None
        self.children: list[Window] = []  # from top to bottom
        self.style = self.ex_style = 0
        self.procedure = class_.procedure if class_ is not None else 0
        self.wide = True
        self.instance = self.menu = self.user_data = 0
        self.text = ""  # changed by set_text
        self.extra = bytearray(extra)
        self.rect: Rect = (0, 0, 0, 0)  # within the parent
        self.client: Rect = (0, 0, 0, 0)
        self.properties: dict[int | str, int] = {}
        self.dialog = 0  # user32's pointer
        self.icons = [0, 0, 0]
        self.help = 0
        self.dying = False
        session.kernel.pool.charge(WINDOW_COST + extra)
        try:
            session.handles.add(self, thread.process if thread is not None else None)
        except BaseException:
            session.kernel.pool.release(WINDOW_COST + extra)
            raise
        if class_ is not None:
            class_.windows += 1
        if thread is not None:
            thread.windows[self] = None
        if parent is not None:
            parent.children.insert(0, self)

    @property
    def is_desktop(self) -> bool:
        return self.thread is None

    @property
    def class_name(self) -> str:
        return self.class_.name if self.class_ is not None else ""

    def relative(self, which: int) -> Window | None:
        """GetWindow."""
        if which == GW_OWNER:
            return self.window_owner
        if which == GW_CHILD:
            return self.children[0] if self.children else None
        row = self.parent.children if self.parent is not None else []
        if not row:
            return None
        if which in (GW_HWNDFIRST, GW_HWNDLAST):
            return row[0 if which == GW_HWNDFIRST else -1]
        place = row.index(self) + (1 if which == GW_HWNDNEXT else -1)
        return row[place] if which in (GW_HWNDNEXT, GW_HWNDPREV) and 0 <= place < len(row) else None

    def ancestor(self, which: int) -> Window | None:
        """GetAncestor."""
        if which == GA_PARENT:
            return self.parent
        found = self
        while found.parent is not None and not found.parent.is_desktop:
            found = found.parent
        while which == GA_ROOTOWNER and found.window_owner is not None:
            found = found.window_owner
        return found

    @property
    def shown_parent(self) -> Window | None:
        """GetParent: the parent of a child, the owner of a window that pops up."""
        if self.style & WS_POPUP:
            return self.window_owner
        return self.parent if self.style & WS_CHILD else None

    def _note_shown(self) -> None:
        thread = self.thread
        if thread is not None and self not in thread.shown:
            thread.shown = [*thread.shown[1 - MOST_SHOWN :], self]

    def set_visible(self, shown: bool) -> None:
        """Show or hide it."""
        if shown and not self.style & WS_VISIBLE and self.parent is self.desktop.top:
            self._note_shown()
        self.style = self.style | WS_VISIBLE if shown else self.style & ~WS_VISIBLE

    def is_visible(self) -> bool:
        """Whether it and all it is in are shown; nothing in a message window's tree is."""
        found: Window | None = self
        while found is not None and not found.is_desktop:
            if not found.style & WS_VISIBLE:
                return False
            found = found.parent
        return found is not None and found is found.desktop.top

    def descendants(self) -> Iterator[Window]:
        for child in self.children:
            yield child
            yield from child.descendants()

    def offset(self) -> tuple[int, int]:
        """Where its client area begins on the screen."""
        x, y, at = self.client[0], self.client[1], self.parent
        while at is not None:
            x, y, at = x + at.client[0], y + at.client[1], at.parent
        return x, y

    # -- what is kept for the program ------------------------------------------------
    def set_text(self, text: str) -> None:
        """Kernel memory that the program makes us keep is charged."""
        self._charge((len(text) - len(self.text)) * NAME_COST)
        self.text = text

    def set_property(self, name: int | str, value: int) -> None:
        """ERROR_NOT_ENOUGH_MEMORY."""
        if name not in self.properties:
            if len(self.properties) >= MOST_PROPERTIES:
                raise UserError(ERROR_NOT_ENOUGH_MEMORY)
            self._charge(PROPERTY_COST)
        self.properties[name] = value

    def take_property(self, name: int | str) -> int:
        if name not in self.properties:
            return 0
        self._charge(-PROPERTY_COST)
        return self.properties.pop(name)

    def _charge(self, size: int) -> None:
        pool = self.session.kernel.pool
        if size > 0:
            pool.charge(size)
        else:
            pool.release(-size)

    # -- the tree ---------------------------------------------------------------------
    def _height(self) -> int:
        """How deep windows are within it; what is asked never lets that be much."""
        return 1 + max((child._height() for child in self.children), default=0)

    def check_parent(self, parent: Window) -> None:
        """Whether it can be put into another.  ERROR_INVALID_PARAMETER."""
        depth, at = 0, parent.parent
        while at is not None:
            depth, at = depth + 1, at.parent
        if parent is self or parent in self.descendants() or depth + self._height() > DEEPEST:
            raise UserError(ERROR_INVALID_PARAMETER)

    def move_into(self, parent: Window) -> None:
        """ERROR_INVALID_PARAMETER."""
        self.check_parent(parent)
        if self.parent is not None:
            self.parent.children.remove(self)
        self.parent = parent
        parent.children.insert(0, self)

    def set_owner(self, owner: Window | None) -> None:
        """ERROR_INVALID_PARAMETER for one that it owns itself, or for too many owners in a row."""
        at, length = owner, 0
        while at is not None:
            length += 1
            if at is self or length > DEEPEST:
                raise UserError(ERROR_INVALID_PARAMETER)
            at = at.window_owner
        self.window_owner = owner

    def vanish(self) -> None:
        """Go, without a word to anybody."""
        if self.dying and self.handle == 0:
            return
        self.dying = True
        for child in tuple(self.children):
            child.vanish()
        if self.parent is not None and self in self.parent.children:
            self.parent.children.remove(self)
        if self.class_ is not None:
            self.class_.windows -= 1
        session = self.session
        if self.thread is not None:
            self.thread.windows.pop(self, None)
            if self in self.thread.shown:
                self.thread.shown.remove(self)
            self.thread.queue.drop_window(self.handle)
        for one in self._owned():
            one.window_owner = None
        session.handles.remove(self)
        self.set_text("")
        for name in tuple(self.properties):
            self.take_property(name)
        session.kernel.pool.release(WINDOW_COST + len(self.extra))
        self.handle = 0

    def _owned(self) -> list[Window]:
        top = self.desktop.top
        return [one for one in top.children if one.window_owner is self] if top is not None else []

    def destroy(self) -> None:
        self.vanish()


def find_window(session: Session, handle: int) -> Window:
    """ERROR_INVALID_WINDOW_HANDLE."""
    found = session.handles.find(handle, Window)
    if found is None:
        raise UserError(ERROR_INVALID_WINDOW_HANDLE)
    return found


def own_window(t: KThread, session: Session, handle: int) -> Window:
    """A window of the caller's process, or a desktop's; ERROR_INVALID_WINDOW_HANDLE."""
    found = find_window(session, handle)
    if found.thread is not None and found.thread.process.process is not t.process:
        raise UserError(ERROR_INVALID_WINDOW_HANDLE)
    return found


def desktop_windows(session: Session, desktop: Desktop, size: tuple[int, int]) -> tuple[Window, Window]:
    """The desktop's own window and the parent of windows for messages only, made when first asked for."""
    if desktop.top is None:
        desktop.top = Window(session, None, None, desktop, None)
        desktop.top.style = WS_POPUP | WS_CLIPSIBLINGS | WS_CLIPCHILDREN | WS_VISIBLE
        desktop.top.rect = desktop.top.client = (0, 0, *size)
        desktop.messages = Window(session, None, None, desktop, None)
        desktop.messages.style = WS_POPUP | WS_CLIPSIBLINGS | WS_CLIPCHILDREN
        desktop.messages.rect = desktop.messages.client = (0, 0, 100, 100)
    return desktop.top, desktop.messages
