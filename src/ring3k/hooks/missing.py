"""A call that nobody has written yet, in words: what was asked, and by whom."""

from __future__ import annotations

from ring3k.abi.call import Declaration
from ring3k.abi.format import format_parameter
from ring3k.abi.status import NtError
from ring3k.hooks.calls import Call, caller_of
from ring3k.typed import Any


def describe_call(t: Any, name: str, declaration: Declaration | None, words: int) -> str:
    """``NtDoIt(0x18, "text") of 8.4 program.exe, called at kernelbase.dll+0x5e625``.

    Without a declaration the argument words that its stub takes away are shown as they are.
    """
    if declaration is not None:
        call = Call(t, declaration, t.guest.eax)
        shown = [format_parameter(p, call.words or (), call.memory, "enter") for p in declaration.parameters]
    else:
        try:
            shown = [f"{word:#x}" for word in t.guest.args(words)]
        except NtError:
            shown = ["?"]
    process = t.process
    who = f"{process.pid}.{t.tid} {process.image_name.rpartition(chr(92))[2]}"
    return f"{name}({', '.join(shown)}) of {who}, called at {caller_of(t) or '?'}"
