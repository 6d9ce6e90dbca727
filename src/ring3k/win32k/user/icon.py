"""Icons and cursors: pictures in one or more frames.

Those that are loaded from a resource and shared are found again by it, and stay.
"""

from __future__ import annotations

from ring3k.typed import TYPE_CHECKING, NamedTuple
from ring3k.win32k.error import ERROR_INVALID_CURSOR_HANDLE, UserError
from ring3k.win32k.user.handles import UserObject

if TYPE_CHECKING:
    from ring3k.win32k.user.session import Session, UserProcess

MOST_FRAMES = 1024
STEP_COST, FRAME_COST = 64, 256


class Frame(NamedTuple):
    """One picture: its size, its bitmaps' handles, its hot spot."""

    width: int = 0
    height: int = 0
    color: int = 0
    alpha: int = 0
    mask: int = 0
    x: int = 0
    y: int = 0


class Icon(UserObject):
    """An icon, or a cursor."""

    def __init__(self, session: Session, process: UserProcess, is_icon: bool) -> None:
        self.is_icon = is_icon
        self.frames: tuple[Frame, ...] = ()
        self.sequence: tuple[int, ...] = ()  # which frame each step shows
        self.rates: tuple[int, ...] = ()
        self.delay = 0
        self.shared = False
        self.module = ""
        self.name: str | int | None = None
        self.resource = 0
        self.parameter = 0
        self._session = session
        self._cost = 0
        session.handles.add(self, process)

    def charge(self, steps: int, frames: int) -> None:
        """For what ``frames`` and ``sequence`` are going to keep.  STATUS_INSUFFICIENT_RESOURCES."""
        cost = steps * STEP_COST + frames * FRAME_COST
        self._session.kernel.pool.charge(cost)
        self._cost = cost

    def destroy(self) -> None:
        self._session.kernel.pool.release(self._cost)
        self._cost = 0

    def frame(self, step: int) -> Frame:
        """ERROR_INVALID_CURSOR_HANDLE for a step that is not there."""
        if not self.frames or (self.sequence and step >= len(self.sequence)):
            raise UserError(ERROR_INVALID_CURSOR_HANDLE)
        return (
            self.frames[min(self.sequence[step], len(self.frames) - 1)] if self.sequence else self.frames[0]
        )


def find_icon(session: Session, process: UserProcess, handle: int) -> Icon:
    """ERROR_INVALID_CURSOR_HANDLE."""
    found = session.handles.find(handle, Icon)
    if found is None or found.owner is not process:
        raise UserError(ERROR_INVALID_CURSOR_HANDLE)
    return found


def shared_icon(process: UserProcess, module: str, resource: int) -> Icon | None:
    """The one that was loaded from a resource before."""
    for one in process.objects:
        if isinstance(one, Icon) and one.resource == resource and one.shared and one.module == module:
            return one
    return None
