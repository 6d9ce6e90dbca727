"""Files of images, opened by the kernel for somebody who is told of the image."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ring3k.abi.status import NtError

if TYPE_CHECKING:
    from ring3k.mm.segment import Segment
    from ring3k.ob.object import Object


class ImageFiles:
    """``open`` is given by who knows files: an NT path becomes a file object."""

    def __init__(self, open_: Callable[[str], Object]) -> None:
        self._open = open_

    def open(self, segment: Segment | None) -> Object | None:
        """A referenced file object, None where the file cannot be had."""
        if segment is None or not segment.name:
            return None
        try:
            file = self._open(segment.name)
        except NtError:
            return None
        file.reference()
        return file
