"""What a run counts: every call if asked to, and always the calls that nobody has written yet."""

from __future__ import annotations

from collections import Counter

from ring3k.abi.status import is_success
from ring3k.hooks.calls import HookTable, caller_of
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.hooks.calls import Call


# Numbers and callers are the guest's choice: beyond so many different ones they are counted together.
MOST_NAMES = 500
MOST_CALLERS = 200
OTHERS = "others"


class Missing:
    """One call that is not there: how often it was made, and from where."""

    __slots__ = ("callers", "count")

    def __init__(self) -> None:
        self.count = 0
        self.callers: Counter[str] = Counter()


class MissingCalls:
    """Keeps the list that ends a run."""

    def __init__(self) -> None:
        self.calls: dict[str, Missing] = {}

    def note(self, thread: Any, name: str) -> None:
        """A declared call was made, or (as its number) an unknown one."""
        if name not in self.calls and len(self.calls) >= MOST_NAMES:
            name = OTHERS
        missing = self.calls.setdefault(name, Missing())
        missing.count += 1
        caller = caller_of(thread) or "?"
        if caller not in missing.callers and len(missing.callers) >= MOST_CALLERS:
            caller = OTHERS
        missing.callers[caller] += 1

    def table(self) -> str:
        """The list for people; empty when nothing was missing."""
        if not self.calls:
            return ""
        rows: list[tuple[str, ...]] = [("calls", "unimplemented", "most often called by")]
        for name, missing in sorted(self.calls.items(), key=lambda item: (-item[1].count, item[0])):
            caller, _ = missing.callers.most_common(1)[0]
            others = len(missing.callers) - 1
            rows.append((str(missing.count), name, caller + (f" and {others} more" if others else "")))
        return _columns(rows)


class Count:
    """What is known of one call after a run."""

    __slots__ = ("calls", "failures", "nanoseconds")

    def __init__(self) -> None:
        self.calls = self.failures = self.nanoseconds = 0


class Statistics:
    """An observer that counts every call and its time, as ``strace -c`` does."""

    def __init__(self, table: HookTable) -> None:
        self.counts: dict[str, Count] = {}
        table.observe(self)

    def entered(self, call: Call) -> None:
        pass

    def blocked(self, call: Call) -> None:
        pass

    def left(self, call: Call) -> None:
        count = self.counts.setdefault(call.name, Count())
        count.calls += 1
        count.nanoseconds += call.duration_ns
        if call.status is not None and not is_success(call.status):
            count.failures += 1

    def table(self) -> str:
        rows: list[tuple[str, ...]] = [("seconds", "us/call", "calls", "failures", "system call")]
        for name, count in sorted(self.counts.items(), key=lambda item: -item[1].nanoseconds):
            each = count.nanoseconds / count.calls / 1000
            seconds = f"{count.nanoseconds / 1e9:.6f}"
            rows.append((seconds, f"{each:.1f}", str(count.calls), str(count.failures or ""), name))
        return _columns(rows)


def _columns(rows: list[tuple[str, ...]]) -> str:
    """Numbers to the right, words to the left."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    numeric = [all(row[i][:1].isdigit() or not row[i] for row in rows[1:]) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [c.rjust(w) if n else c.ljust(w) for c, w, n in zip(row, widths, numeric, strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
