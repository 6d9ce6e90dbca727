"""What Wine's opengl32 asks of its host: {process_attach, process_detach}, and each function of OpenGL.

There is no OpenGL here: the DLL is there for programs that are linked with it and never draw.
"""

from __future__ import annotations

from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread


def process_attach(t: KThread, parameters: int) -> int:
    """The DLL is loaded."""
    return 0


def process_detach(t: KThread, parameters: int) -> int:
    """The DLL goes."""
    return 0


FUNCTIONS = (process_attach, process_detach)
