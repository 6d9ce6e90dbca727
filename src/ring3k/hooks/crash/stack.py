"""Backtraces: which calls had not returned when a thread crashed.

Two sources, both of them the guest's and neither believed further than it can be
checked.  Functions that keep a frame pointer chain their frames (ebp -> caller's
ebp, return address): such a frame counts if it lies above the one before and its
return address follows a call instruction.  Functions that keep none leave return
addresses on the stack: where the chain does not tell who called a function, words
that follow a call of just that function are *guesses*, and where there is none of
these, words that follow any call: some are left over from calls that did return.

A recursion that filled its stack repeats itself: repeated frames are folded.
"""

from __future__ import annotations

from struct import Struct, unpack

from ring3k.abi.memory import Memory
from ring3k.abi.status import NtError
from ring3k.hooks.crash.surroundings import Surroundings, read_most
from ring3k.hooks.crash.symbols import Place, Symbols
from ring3k.typed import NamedTuple

MOST_FRAMES = 32
MOST_STACK = 4 << 20
MOST_PERIOD = 16  # calls that make one round of a recursion
_FEW_GUESSES = 8  # before the first frame of the chain
_RAW_FRAMES = 0x10000  # before folding
_MOST_SCANNED = 0x40000  # words
_MOST_LOOKED_AT = 50_000  # addresses that might be returned to
_MOST_CHAINED = 100_000
_SKIPPED = 16 * 0x1000  # esp may have been moved so far below what is there
_LONGEST_CALL = 7
_MASK = 0xFFFFFFFF
_PAIR = Struct("<2I")


class Frame(NamedTuple):
    """A call that had not returned, or (the first) where the thread stood."""

    place: Place
    guess: bool = False
    round: int = 0  # this frame and those behind it, so many in all, ...
    times: int = 1  # ... were there so many times

    def as_dict(self) -> dict[str, object]:
        return {**self.place.as_dict(), "guess": self.guess, "round": self.round, "times": self.times}


class Stack:
    """The stack of a thread from its stack pointer up."""

    def __init__(
        self, memory: Memory, surroundings: Surroundings, symbols: Symbols, esp: int, end: int
    ) -> None:
        """``end``: where it ends according to the TEB."""
        self._symbols = symbols
        self._targets: dict[int, int | None] = {}
        self._scanned = 0  # words, for callers
        self._next = 0  # index behind the last word found
        self._memory = memory
        self._surroundings = surroundings
        self._known: dict[int, bool] = {}  # whether calls return there
        self._pages: dict[int, bool] = {}  # whether there is code
        start = esp & ~3
        length = min(end - start, MOST_STACK) if start < end else 0x10000
        data = b""
        for at in range(start, start + _SKIPPED, 0x1000):
            page = at if at == start else at & ~0xFFF
            left = length - (page - start)
            data = read_most(memory, page, left) if left > 0 else b""
            if data:
                start = page
                break
        self.start = start
        count = len(data) // 4
        self.words: tuple[int, ...] = unpack(f"<{count}I", data[: 4 * count])

    def is_return(self, address: int) -> bool:
        """Whether a call returns to an address."""
        known = self._known.get(address)
        if known is None:
            page = address - 1 >> 12
            code = self._pages.get(page)
            if code is None:
                code = self._pages[page] = self._surroundings.is_code(address - 1)
            if not code or len(self._known) >= _MOST_LOOKED_AT:
                return False
            known = self._known[address] = self._follows_call(address)
        return known

    def _follows_call(self, address: int) -> bool:
        before = read_most(self._memory, address - _LONGEST_CALL, _LONGEST_CALL)
        if len(before) < _LONGEST_CALL:
            return False
        if before[2] == 0xE8:
            target = address + int.from_bytes(before[3:], "little") & _MASK
            return self._surroundings.is_code(target)
        return any(_is_indirect_call(before[-length:]) for length in (2, 3, 4, 6, 7))

    def frames(self, eip: int, ebp: int) -> list[tuple[int, bool]]:
        """(return address, whether it is a guess), the innermost first."""
        found: list[tuple[int, bool]] = []
        words = self.words
        inner, done = eip, 0  # the function that was called last; the first word that has not been looked at
        if words and not self._surroundings.is_code(eip) and self.is_return(words[0]):
            found.append((words[0], False))  # called something that is no code
            inner, done = words[0], 1
        for number, (frame, address) in enumerate(self._chain(ebp)):
            index = (frame - self.start) // 4
            if number < MOST_FRAMES and not self._calls(address, inner):  # some between keep no frame pointer
                between = self._callers(inner, done, index)
                if not between and number == 0:
                    between = [one for one in self._guesses(done, index) if one[0] != eip][:_FEW_GUESSES]
                found += between
            found.append((address, False))
            inner, done = address, index + 2
        while len(found) < _RAW_FRAMES and done < len(words):
            more = self._callers(inner, done, len(words)) or self._guesses(done, len(words), 1)
            if not more:
                break
            found += more
            inner, done = more[-1][0], self._next
        return found

    def _calls(self, address: int, inner: int) -> bool:
        """Whether the call before a return address is one of the function that ``inner`` lies in."""
        start = self._symbols.start(inner)
        return start is not None and self._target(address) == start

    def _callers(self, inner: int, first: int, last: int) -> list[tuple[int, bool]]:
        """Among some words, the calls that lead to a function: one that calls it, one that calls that, ..."""
        found: list[tuple[int, bool]] = []
        start = self._symbols.start(inner)
        at = first
        while start is not None and at < last and self._scanned < _MOST_SCANNED and len(found) < _RAW_FRAMES:
            address = self.words[at]
            at += 1
            self._scanned += 1
            if address > 0xFFFF and self.is_return(address) and self._target(address) == start:
                found.append((address, True))
                start = self._symbols.start(address)
                self._next = at
        return found

    def _target(self, address: int) -> int | None:
        """Which function the call before a return address calls, perhaps through an import; None: unknown."""
        if address not in self._targets:
            try:
                self._targets[address] = self._read_target(address)
            except NtError:
                self._targets[address] = None
        return self._targets[address]

    def _read_target(self, address: int) -> int | None:
        memory = self._memory
        before = memory.read(address - _LONGEST_CALL, _LONGEST_CALL)
        if before[1:3] == b"\xff\x15":  # call [import]
            return memory.read_u32(int.from_bytes(before[3:], "little"))
        if before[2] != 0xE8:
            return None
        target = address + int.from_bytes(before[3:], "little") & _MASK
        if memory.read(target, 2) == b"\xff\x25":  # jmp [import]
            return memory.read_u32(memory.read_u32(target + 2 & _MASK))
        return target

    def _chain(self, ebp: int) -> list[tuple[int, int]]:
        """(frame, return address) of those that are chained."""
        chain: list[tuple[int, int]] = []
        words, start = self.words, self.start
        end = start + 4 * len(words) - 4
        while start <= ebp < end and not ebp & 3 and len(chain) < _MOST_CHAINED:
            index = (ebp - start) // 4
            address = words[index + 1]
            if not self.is_return(address):
                break
            chain.append((ebp, address))
            if words[index] <= ebp:
                break
            ebp = words[index]
        return chain

    def _guesses(self, first: int, last: int, most: int = _FEW_GUESSES + 1) -> list[tuple[int, bool]]:
        found: list[tuple[int, bool]] = []
        for at in range(first, min(last, first + _MOST_SCANNED)):
            address = self.words[at]
            if address > 0xFFFF and self.is_return(address):
                found.append((address, True))
                self._next = at + 1
                if len(found) == most:
                    break
        return found


def _is_indirect_call(code: bytes) -> bool:
    """FF /2 of exactly this length."""
    if code[0] != 0xFF or code[1] >> 3 & 7 != 2:
        return False
    mod, rm = code[1] >> 6, code[1] & 7
    length = 2
    if mod != 3 and rm == 4:
        length += 1
        if mod == 0 and len(code) > 2 and code[2] & 7 == 5:
            length += 4
    elif mod == 0 and rm == 5:
        length += 4
    return length + (0, 1, 4, 0)[mod] == len(code)


def backtrace(stack: Stack, symbols: Symbols, eip: int, ebp: int) -> list[Frame]:
    """At most MOST_FRAMES, those that repeat themselves once; the first is where the thread stood."""
    frames = [Frame(symbols.place(eip))]
    raw = stack.frames(eip, ebp)
    at = 0
    while at < len(raw) and len(frames) < MOST_FRAMES:
        period, times = _round(raw, at)
        for index in range(period):
            address, guess = raw[at + index]
            place = symbols.place(address, back=1)
            folded = times > 1 and not index
            frames.append(Frame(place, guess, period if folded else 0, times if folded else 1))
        at += period * times
    return frames[:MOST_FRAMES]


def _round(raw: list[tuple[int, bool]], at: int) -> tuple[int, int]:
    """How many frames from ``at`` on repeat themselves, and how often: worth it from three times on."""
    for period in range(1, MOST_PERIOD + 1):
        if raw[at] != (raw[at + period] if at + period < len(raw) else None):
            continue
        pattern = raw[at : at + period]
        times = 1
        while raw[at + times * period : at + (times + 1) * period] == pattern:
            times += 1
        if times >= 3:
            return period, times
    return 1, 1
