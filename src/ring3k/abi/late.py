"""Classes of a module that are made when somebody asks the module for them.

Making a class takes 20 microseconds, and of 270 structures a start needs 90.  Where modules are kept for
starts (``ring3k.cli.lean``), the others' statements are left out and stand here, as compiled.
"""

from __future__ import annotations

import marshal

from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Pieces = dict[str, tuple[bytes, tuple[str, ...]]]  # by class: the code that makes it, and whom it names


def late(scope: dict[str, Any], pieces: Pieces) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module that holds ``scope``."""

    def ask(name: str) -> Any:
        if name not in pieces:
            raise AttributeError(f"module {scope['__name__']!r} has no attribute {name!r}")
        code, others = pieces.pop(name)
        for other in others:
            if other in pieces:
                ask(other)
        exec(marshal.loads(code), scope)  # noqa: S102, S302  # our own
        return scope[name]

    return ask
