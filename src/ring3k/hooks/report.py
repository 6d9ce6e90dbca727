"""One line for the person at the terminal when something of theirs went wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable

from ring3k.typed import Any

Reporter = Callable[[str], None]


def to_stderr(text: str) -> None:
    print(f"ring3k: {text}", file=sys.stderr, flush=True)


def name_of(function: Any) -> str:
    """``function (file:line)``, or what can be said of a callable object."""
    code = getattr(function, "__code__", None) or getattr(
        getattr(function, "__func__", None), "__code__", None
    )
    name = getattr(function, "__qualname__", type(function).__name__)
    return f"{name} ({code.co_filename}:{code.co_firstlineno})" if code is not None else name
