"""Backtraces: which calls had not returned when a thread crashed.

Two sources, both of them the guest's and neither believed further than it can be
checked.  Functions that keep a frame pointer chain their frames (ebp -> caller's
ebp, return address): such a frame counts if it lies above the one before and its
return address follows a call instruction.  Where the chain ends, and below its
first frame, every word on the stack that follows a call is a *guess*: some are
left over from calls that did return.

A recursion that filled its stack repeats itself: repeated frames are folded.
"""

from __future__ import annotations

from struct import Struct, unpack
from typing import NamedTuple

from ring3k.abi.memory import Memory
from ring3k.hooks.crash.surroundings import Surroundings, read_most
from ring3k.hooks.crash.symbols import Place, Symbols

MOST_FRAMES = 32
MOST_STACK = 16 << 20
MOST_PERIOD = 16  # calls that make one round of a recursion
_FEW_GUESSES = 8  # before the first frame of the chain
_RAW_GUESSES = 0x10000  # looked at before folding
_MOST_LOOKED_AT = 50_000  # addresses that might be returned to
_MOST_CHAINED = 100_000
_SKIPPED = 16 * 0x1000  # esp may have been moved so far below what is there
_LONGEST_CALL = 7
_MASK = 0xFFFFFFFF
_PAIR = Struct("<2I")


Group = tuple[list[tuple[int, bool]], int]


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

    def __init__(self, memory: Memory, surroundings: Surroundings, esp: int, end: int) -> None:
        """``end``: where it ends according to the TEB."""
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

    def frames(self, eip: int, ebp: int) -> list[Group]:
        """Groups of (return address, whether it is a guess), how many of each to show; innermost first."""
        found: list[Group] = []
        words, start = self.words, self.start
        done = 0  # index of the first word that has not been looked at
        if words and not self._surroundings.is_code(eip) and self.is_return(words[0]):
            found.append(([(words[0], False)], 1))  # called something that is no code
            done = 1
        chain = self._chain(ebp)
        if chain:
            first = (chain[0][0] - start) // 4
            found.append(([one for one in self._guesses(done, first) if one[0] != eip], _FEW_GUESSES))
            found.append(([(address, False) for _, address in chain], MOST_FRAMES))
            done = (chain[-1][0] - start) // 4 + 2
        found.append((self._guesses(done, len(words)), MOST_FRAMES))
        return found

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

    def _guesses(self, first: int, last: int) -> list[tuple[int, bool]]:
        found: list[tuple[int, bool]] = []
        for address in self.words[first:last]:
            if address > 0xFFFF and self.is_return(address):
                found.append((address, True))
                if len(found) == _RAW_GUESSES:
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
    """At most MOST_FRAMES, folded; the first is where the thread stood."""
    frames = [Frame(symbols.place(eip))]
    for raw, most in stack.frames(eip, ebp):
        frames += _folded(raw, symbols, min(most, MOST_FRAMES - len(frames)))
    return frames


def _folded(raw: list[tuple[int, bool]], symbols: Symbols, most: int) -> list[Frame]:
    """At most so many frames, those that repeat themselves once."""
    frames: list[Frame] = []
    at = 0
    while at < len(raw) and len(frames) < most:
        period, times = _round(raw, at)
        for index in range(period):
            address, guess = raw[at + index]
            place = symbols.place(address, back=1)
            folded = times > 1 and not index
            frames.append(Frame(place, guess, period if folded else 0, times if folded else 1))
        at += period * times
    return frames[:most]


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
