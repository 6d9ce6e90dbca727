"""USER handles: windows, icons, hooks, of all processes of a session, in one table.

A handle is an index (low word, counted by 2 from 0x20) and how often the place was used
(high word).  A caller may leave the high word out, as 16-bit code did: 0 or 0xffff there
mean whatever is in the place now.
"""

from __future__ import annotations

from ring3k.typed import TYPE_CHECKING, Any, TypeVar
from ring3k.win32k.error import ERROR_NOT_ENOUGH_MEMORY, UserError

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel

O = TypeVar("O", bound="UserObject")  # noqa: E741

FIRST, LAST = 0x20, 0xFFE0
PLACES = (LAST - FIRST) // 2
USER_COST = 512
MOST_OF_PROCESS = 10000  # as many as Windows lets a process have


class UserObject:
    """What a USER handle names.  ``owner``: the UserProcess that goes with it, None for the session's own."""

    handle = 0
    owner: Any = None

    def destroy(self) -> None:
        """The owner has gone."""


class UserHandles:
    """The table of one session."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._objects: dict[int, UserObject] = {}  # by place
        self._uses: dict[int, int] = {}
        self._free: list[int] = []
        self._next = 0

    def add(self, object_: UserObject, owner: Any) -> int:
        """Give an object a handle.  ERROR_NOT_ENOUGH_MEMORY."""
        if owner is not None and len(owner.objects) >= MOST_OF_PROCESS:
            raise UserError(ERROR_NOT_ENOUGH_MEMORY)
        if not self._free and self._next >= PLACES:
            raise UserError(ERROR_NOT_ENOUGH_MEMORY)
        self._kernel.pool.charge(USER_COST)
        if self._free:
            place = self._free.pop()
        else:
            place = self._next
            self._next += 1
        uses = self._uses.get(place, 0) % 0xFFFE + 1
        self._uses[place] = uses
        self._objects[place] = object_
        object_.handle = uses << 16 | FIRST + 2 * place
        object_.owner = owner
        if owner is not None:
            owner.objects[object_] = None
        return object_.handle

    def find(self, handle: int, kind: type[O]) -> O | None:
        """The object of a handle, None if it is none of this kind."""
        found = self._objects.get(((handle & 0xFFFF) - FIRST) >> 1)
        if not isinstance(found, kind) or handle & 1:
            return None
        high = handle >> 16
        return found if high in (0, 0xFFFF) or high == found.handle >> 16 else None

    def remove(self, object_: UserObject) -> None:
        """Take a handle back."""
        place = ((object_.handle & 0xFFFF) - FIRST) >> 1
        if self._objects.get(place) is not object_:
            return
        del self._objects[place]
        self._free.append(place)
        if object_.owner is not None:
            object_.owner.objects.pop(object_, None)
        self._kernel.pool.release(USER_COST)
