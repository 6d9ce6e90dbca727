r"""Window stations and desktops.

Window stations are named objects, in \Windows\WindowStations; desktops are named within
their window station and live while somebody has a handle to them.  A desktop has two
windows of the session's own: the one all others are on, and the one that windows which
only receive messages are children of.
"""

from __future__ import annotations

from ring3k.abi.status import STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_NAME_NOT_FOUND, NtError
from ring3k.abi.strings import OBJ_CASE_INSENSITIVE
from ring3k.abi.upcase import upcase
from ring3k.ob.namespace import Directory, Namespace, SymbolicLink
from ring3k.ob.object import Object
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel

PLACE = "\\Windows\\WindowStations"
SESSION_PLACES = ("\\Sessions\\0\\Windows\\WindowStations", "\\Sessions\\1\\Windows\\WindowStations")
INTERACTIVE = "WinSta0"
WSF_VISIBLE = 1
MOST_DESKTOPS = 64


class WindowStation(Object):
    """Desktops, a clipboard."""

    type_name = "WindowStation"

    def __init__(self, kernel: Kernel, flags: int = 0) -> None:
        super().__init__(kernel)
        self.flags = flags
        self.desktops: dict[str, Desktop] = {}

    def desktop(self, name: str, flags: int = 0) -> Desktop:
        """The desktop of a name, made if it is not there."""
        found = self.desktops.get(upcase(name))
        if found is None:
            if len(self.desktops) >= MOST_DESKTOPS:
                raise NtError(STATUS_OBJECT_NAME_COLLISION)
            found = self.desktops[upcase(name)] = Desktop(self.kernel, self, name, flags)
        return found

    def on_delete(self) -> None:
        self.desktops.clear()


class Desktop(Object):
    """Where windows are."""

    type_name = "Desktop"

    def __init__(self, kernel: Kernel, station: WindowStation, title: str, flags: int) -> None:
        super().__init__(kernel)
        self.station = station
        self.title = title
        self.flags = flags
        self.top: Any = None  # the desktop's own window
        self.messages: Any = None  # the parent of windows that only receive messages
        station.reference()

    def on_close(self, process: Any) -> None:
        if self.handle_count == 0:
            self._leave()

    def _leave(self) -> None:
        """Nobody finds it any more."""
        if self.station.desktops.get(upcase(self.title)) is self:
            del self.station.desktops[upcase(self.title)]

    def on_delete(self) -> None:
        self._leave()
        for window in (self.top, self.messages):
            if window is not None:
                window.vanish()
        self.station.dereference()


class Stations:
    """The window stations of a session, there from their first use on."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        space = kernel.part(Namespace)
        if space.walk(None, PLACE, None, OBJ_CASE_INSENSITIVE).object is None:
            space.insert(PLACE, Directory(kernel))
        for place in SESSION_PLACES:
            try:
                if space.walk(None, place, None, OBJ_CASE_INSENSITIVE).object is None:
                    space.insert(place, SymbolicLink(kernel, PLACE))
            except NtError:
                pass  # before Windows Vista there are no such directories
        space.insert(f"{PLACE}\\{INTERACTIVE}", WindowStation(kernel, WSF_VISIBLE))

    def default(self) -> WindowStation:
        """The one that a person may be looking at."""
        return self.find(INTERACTIVE)

    def find(self, name: str) -> WindowStation:
        """STATUS_OBJECT_NAME_NOT_FOUND."""
        found = self._kernel.part(Namespace).resolve(f"{PLACE}\\{name}")
        if not isinstance(found, WindowStation):
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        return found

    def names(self) -> list[str]:
        """What EnumWindowStations tells."""
        directory = self._kernel.part(Namespace).resolve(PLACE)
        return [one.name for one in directory if isinstance(one, WindowStation)]
