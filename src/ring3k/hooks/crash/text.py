"""A crash report for a person at a terminal."""

from __future__ import annotations

from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.hooks.crash.report import CrashReport
    from ring3k.hooks.crash.stack import Frame

_ROWS = (("eax", "ebx", "ecx", "edx"), ("esi", "edi", "ebp", "esp"))
_WIDTH = 4  # words of the stack in a line


def text(report: CrashReport) -> str:
    """All of it; names in it are the guest's, and shown as far as they can be printed."""
    lines = [
        f"ring3k: {report.program} (process {report.process}, thread {report.thread}) crashed: "
        f"{report.title}",
        f"  at {report.place}",
    ]
    if report.deed:
        lines.append(f"  {report.deed}")
    if report.types:
        lines.append(f"  thrown: {report.types[0]}" + (f", what(): {report.what}" if report.what else ""))
        if report.types[1:]:
            lines.append(f"  which is a {', '.join(report.types[1:])}")
    lines += _registers(report)
    lines += _code(report)
    lines += _backtrace(report.backtrace)
    lines += _stack(report)
    return "".join(_printable(line) + "\n" for line in lines)


def _printable(line: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in line)


def _registers(report: CrashReport) -> list[str]:
    values = report.registers
    lines = ["registers:"]
    lines += ["  " + " ".join(f"{name}={values[name]:08x}" for name in row) for row in _ROWS]
    lines.append(f"  eip={values['eip']:08x} eflags={values['eflags']:08x} ({report.flags})")
    if report.floating:
        lines.append("  " + " ".join(f"{name}={value:04x}" for name, value in report.floating.items()))
    return lines


def _code(report: CrashReport) -> list[str]:
    if not report.code_around:
        return ["code: nothing can be read there"]
    lines = ["code:"]
    for one in report.code_around:
        mark = "=>" if one.address == report.registers["eip"] else "  "
        lines.append(f"{mark}{one.address:08x}  {one.code.hex(' '):24} {one.text}".rstrip())
    return lines


def _backtrace(frames: list[Frame]) -> list[str]:
    lines = ["backtrace (?: a guess, found on the stack):" if any(f.guess for f in frames) else "backtrace:"]
    until = -1
    for number, frame in enumerate(frames):
        if frame.round:
            until, folded = number + frame.round - 1, frame
        lines.append(
            f"  #{number:<2}{'?' if frame.guess else ' '} {frame.place.address:08x} {_where(frame)}".rstrip()
        )
        if number == until:
            what = f"these {folded.round} frames" if folded.round > 1 else "this frame"
            lines.append(f"       ... {what}, {folded.times} times")
    return lines


def _where(frame: Frame) -> str:
    return str(frame.place) if frame.place.module is not None else "(in no module)"


def _stack(report: CrashReport) -> list[str]:
    if not report.stack:
        return ["stack: nothing can be read there"]
    lines = ["stack:"]
    for index in range(0, len(report.stack), _WIDTH):
        words = report.stack[index : index + _WIDTH]
        lines.append(f"  {report.stack_start + 4 * index:08x}  {' '.join(f'{word:08x}' for word in words)}")
    return lines
