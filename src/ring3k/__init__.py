"""ring3k: a user-mode NT kernel for Linux.

``ring3k.System`` is one virtual computer; see its documentation for running
programs and hooking system calls.  Names are resolved at first use, so that
importing the package costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as ``typing`` has it, which takes longer to import than all of this
if TYPE_CHECKING:
    from typing import Any

    from ring3k.se.accounts import User as User
    from ring3k.system import System as System

__version__ = "0.1.0"
__all__ = ["System", "User", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "System":
        from ring3k.system import System

        return System
    if name == "User":
        from ring3k.se.accounts import User

        return User
    raise AttributeError(f"module 'ring3k' has no attribute {name!r}")
