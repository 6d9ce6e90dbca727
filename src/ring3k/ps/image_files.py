"""Files of images, as the process manager opens them: it knows nothing of files itself.

For a debugger the kernel opens the file of an image in its own name; for
NtCreateUserProcess in the caller's.
"""

from __future__ import annotations

from collections.abc import Callable

from ring3k.abi.status import NtError
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread
    from ring3k.mm.segment import Segment
    from ring3k.ob.object import Object


class ImageFiles:
    """``open_`` is given by who knows files: an NT path becomes a file object.

    Its thread is None where the kernel opens; else the file is opened for execution and reading.
    """

    def __init__(self, open_: Callable[[KThread | None, str], Any]) -> None:
        self._open = open_

    def open(self, segment: Segment | None) -> Object | None:
        """A referenced file object, None where the file cannot be had."""
        if segment is None or not segment.name:
            return None
        try:
            file: Object = self._open(None, segment.name)
        except NtError:
            return None
        file.reference()
        return file

    def open_program(self, t: KThread | None, path: str) -> Any:
        """The file that the caller names, referenced; it has ``section_backing``."""
        file = self._open(t, path)
        file.reference()
        return file
