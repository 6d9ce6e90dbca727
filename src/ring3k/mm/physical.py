"""Address windowing: physical pages that a process owns, and the windows that show them.

A page frame has a number.  A process can only use numbers that it was given: each
process has a range of them, none overlap, and what is not allocated in it is
nobody's.  A window is an allocation made with MEM_PHYSICAL; at each of its pages
one frame can be shown, and a frame can be shown at one place at a time.  What is
written stays in the frame when it is taken out of the window.

Frames lie in a store of their own and are charged as commitment one by one: where
not all can be had, some are, and the guest is told how many.

Invariant: ``places[i]`` is FREE, OWNED, or the page number in whose window frame i
is shown; then that window's ``frames`` has i + 1 there.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from ring3k.abi.status import (
    STATUS_CONFLICTING_ADDRESSES,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_PARAMETER_1,
    STATUS_INVALID_PARAMETER_3,
    NtError,
)
from ring3k.abi.structs.mm import PAGE_READWRITE
from ring3k.engine.protocol import PAGE, EngineError
from ring3k.mm.commit import FRAMES
from ring3k.mm.protection import COMMITTED, SHOWN
from ring3k.mm.vad import MAX_RUNS, Vad
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.mm.address_space import AddressSpace

SHOWN_WORD = COMMITTED | PAGE_READWRITE

FREE = 0
OWNED = 1  # and any greater number: a page of a window


class PhysicalPages:
    """The page frames of one process (``AddressSpace.physical``)."""

    def __init__(self, vm: AddressSpace) -> None:
        self.vm = vm
        self.account = vm.account
        self.first = self.account.take_frames()
        try:
            self.store = vm.kernel.engine.create_store(FRAMES * PAGE)
        except (EngineError, OSError):
            self.account.give_frames(self.first)
            raise NtError(STATUS_INSUFFICIENT_RESOURCES) from None
        self.store.budget = 0
        self.places = array("I")
        self._free = array("I")
        self.owned = 0

    # -- frames --------------------------------------------------------------------------
    def allocate(self, count: int) -> array[int]:
        """Numbers of up to ``count`` frames, zeroed; STATUS_INSUFFICIENT_RESOURCES if there is none."""
        room = FRAMES - len(self.places) + len(self._free)
        count = min(count, room, self.account.room // PAGE)
        if count <= 0:
            raise NtError(STATUS_INSUFFICIENT_RESOURCES)
        self.account.charge(count * PAGE)
        self.owned += count
        self.store.budget = self.owned * PAGE
        found = array("I")
        again = min(count, len(self._free))
        if again:
            found.extend(self._free[-again:])
            del self._free[-again:]
            for index in found:
                self.places[index] = OWNED
        fresh = count - again
        found.extend(range(len(self.places), len(self.places) + fresh))
        self.places.extend([OWNED] * fresh)
        return array("I", [self.first + index for index in found])

    def free(self, numbers: Sequence[int]) -> int:
        """Give frames back up to the first that is not the process' own; how many that were."""
        first, places, last = self.first, self.places, len(self.places)
        indices: dict[int, None] = {}
        shown: dict[int, int | None] = {}
        for number in numbers:
            index = number - first
            if not 0 <= index < last or places[index] == FREE or index in indices:
                break
            indices[index] = None
            if places[index] != OWNED:
                shown[places[index]] = None
        self.scatter(shown)
        for index in indices:
            places[index] = FREE
        self._free.extend(indices)
        for start, length in _stretches(list(indices)):
            self.store.discard(start * PAGE, length * PAGE)
        done = len(indices)
        self.owned -= done
        self.store.budget = self.owned * PAGE
        self.account.release(done * PAGE)
        return done

    def check(self, numbers: Sequence[int]) -> list[int]:
        """Indices of frames that may be shown now; STATUS_INVALID_PARAMETER_3."""
        first, places, last = self.first, self.places, len(self.places)
        indices = []
        for number in numbers:
            index = number - first
            if not 0 <= index < last or places[index] != OWNED:
                raise NtError(STATUS_INVALID_PARAMETER_3)
            indices.append(index)
        if len(set(indices)) != len(indices):
            raise NtError(STATUS_INVALID_PARAMETER_3)
        return indices

    # -- windows -------------------------------------------------------------------------
    def window(self, start: int, size: int) -> Vad:
        """The window that holds a range; STATUS_INVALID_PARAMETER_1."""
        vad = self.vm.find(start)
        if vad is None or not vad.physical or start + size > vad.end:
            raise NtError(STATUS_INVALID_PARAMETER_1)
        return vad

    def change(self, vad: Vad, start: int, frames: Sequence[int | None]) -> None:
        """Show frames (by index), or nothing, from ``start`` on; STATUS_INSUFFICIENT_RESOURCES.

        Whatever was shown there stays the process' own.
        """
        shown = vad.frames
        if shown is None:
            shown = vad.frames = array("I", bytes(4 * ((vad.end - vad.start) // PAGE)))
        at, end = (start - vad.start) // PAGE, (start - vad.start) // PAGE + len(frames)
        new = array("I", [0 if index is None else index + 1 for index in frames])
        left, right = max(at - 1, 0), min(end + 1, len(shown))
        before = _breaks(shown[left:right])
        after = _breaks(shown[left:at] + new + shown[end:right])
        vm = self.vm
        if vm.runs + after - before > MAX_RUNS:
            raise NtError(STATUS_INSUFFICIENT_RESOURCES)
        vm.runs += after - before
        places = self.places
        for old in shown[at:end]:
            if old:
                places[old - 1] = OWNED
        vm.answers.clear()
        vm.space.unmap(start, len(frames) * PAGE)
        shown[at:end] = new
        page = start // PAGE
        for offset, number in enumerate(new):
            if number:
                places[number - 1] = page + offset
        prot = SHOWN[PAGE_READWRITE]
        for offset, first, length in _runs(new):
            where = start + offset * PAGE
            vad.pages.set(where, where + length * PAGE, SHOWN_WORD if first else 0)
            if first:
                vm.space.map_store(where, length * PAGE, self.store, (first - 1) * PAGE, prot)

    def scatter(self, pages: dict[int, int | None]) -> None:
        """Show a frame, or nothing, at each of these pages; neighbours at once."""
        run: list[int | None] = []
        vad: Vad | None = None
        start = 0
        for page in sorted(pages):
            address = page * PAGE
            if vad is None or address >= vad.end or address != start + len(run) * PAGE:
                if vad is not None:
                    self.change(vad, start, run)
                vad, start, run = self.window(address, PAGE), address, []
            run.append(pages[page])
        if vad is not None:
            self.change(vad, start, run)

    def forget_window(self, vad: Vad) -> None:
        """A window is released: what it shows is unmapped, and stays the process' own."""
        if vad.frames is None:
            return
        for shown in vad.frames:
            if shown:
                self.places[shown - 1] = OWNED
        self.vm.runs -= _breaks(vad.frames)
        self.vm.space.unmap(vad.start, vad.end - vad.start)
        self.vm.answers.clear()
        vad.pages.set(vad.start, vad.end, 0)
        vad.frames = None

    def close(self) -> None:
        self.account.release(self.owned * PAGE)
        self.owned = 0
        self.store.close()
        self.account.give_frames(self.first)


def map_frames(vm: AddressSpace, address: int, count: int, numbers: Sequence[int] | None) -> None:
    """NtMapUserPhysicalPages; without numbers, what is shown there is taken out."""
    start = address & -PAGE
    own = vm.physical
    if own is None:
        raise NtError(STATUS_INVALID_PARAMETER_1)
    vad = own.window(start, count * PAGE)
    own.change(vad, start, [None] * count if numbers is None else own.check(numbers))


def map_scattered(vm: AddressSpace, addresses: Sequence[int], numbers: Sequence[int] | None) -> None:
    """NtMapUserPhysicalPagesScatter: one address for each frame; everything is checked first."""
    own = vm.physical
    if own is None:
        raise NtError(STATUS_INVALID_PARAMETER_1)
    pages = [address // PAGE for address in addresses]
    for page in dict.fromkeys(pages):
        own.window(page * PAGE, PAGE)
    indices = [None] * len(pages) if numbers is None else own.check(numbers)
    own.scatter(dict(zip(pages, indices, strict=True)))  # the last one for a page counts


def free_frames(vm: AddressSpace, numbers: Sequence[int]) -> tuple[int, int]:
    """NtFreeUserPhysicalPages: (status, how many were freed)."""
    own = vm.physical
    if own is None:
        return STATUS_INVALID_PARAMETER_1, 0
    done = own.free(numbers)
    return 0 if done == len(numbers) else STATUS_CONFLICTING_ADDRESSES, done


def _runs(frames: Sequence[int]) -> list[tuple[int, int, int]]:
    """(offset, first, length) of stretches that show one frame after the other, or nothing (first 0)."""
    runs: list[tuple[int, int, int]] = []
    for offset, number in enumerate(frames):
        if runs:
            start, first, length = runs[-1]
            if number == (first + length if first else 0):
                runs[-1] = start, first, length + 1
                continue
        runs.append((offset, number, 1))
    return runs


def _breaks(frames: Sequence[int]) -> int:
    """How many mappings of the host a stretch needs beyond one."""
    return max(len(_runs(frames)) - 1, 0)


def _stretches(indices: list[int]) -> list[tuple[int, int]]:
    """(start, length) of what follows each other."""
    found: list[tuple[int, int]] = []
    for index in sorted(indices):
        if found and index == found[-1][0] + found[-1][1]:
            found[-1] = found[-1][0], found[-1][1] + 1
        else:
            found.append((index, 1))
    return found
