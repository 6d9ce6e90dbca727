"""One process's address space: everything below 2 GB, as NT keeps account of it.

What the guest can touch is always derived from here; the engine's mappings are
an image of it with, for some pages, fewer rights (``mm.fault``).  The layers:
``vad`` (what is where), ``private`` (allocate, free, protect), ``views``
(sections), and here birth, death, cloning and questions.
"""

from __future__ import annotations

from ring3k.abi.status import (
    STATUS_ACCESS_VIOLATION,
    STATUS_FILE_INVALID,
    STATUS_INVALID_ADDRESS,
    STATUS_NO_MEMORY,
    STATUS_PROCESS_IS_TERMINATING,
    GuestFault,
    NtError,
)
from ring3k.abi.structs.mm import (
    MEM_IMAGE,
    MEM_PRIVATE,
    PAGE_EXECUTE,
    PAGE_EXECUTE_READ,
    PAGE_GUARD,
    PAGE_NOACCESS,
    PAGE_READONLY,
    SECTION_INHERIT,
)
from ring3k.engine.protocol import PAGE, USER_END, Space, Store
from ring3k.mm.fault import READ, WRITE, resolve
from ring3k.mm.protection import (
    ACCESS,
    ANY_COPY,
    ANY_EXECUTE,
    ANY_WRITE,
    COMMITTED,
    COPIED,
    LOCKED,
    RESIDENT,
)
from ring3k.mm.vad import LOWEST, VAD_END, Vad
from ring3k.mm.views import MappedViews
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread
    from ring3k.mm.physical import PhysicalPages

_RIGHTS = (
    (ANY_WRITE | ANY_COPY, "writable"),
    (PAGE_READONLY | PAGE_EXECUTE_READ, "read-only"),
    (PAGE_EXECUTE, "execute-only"),
)
_CLONED = ("segment", "offset", "inherit", "copies", "no_change", "no_protect", "write_watch")


class AddressSpace(MappedViews):
    """The virtual memory of a process (``KProcess.vm``).

    ``nx``: whether the processor refuses to execute readable pages; 2000 and
    early XP run without.  ``tells_execution``: whether it tells execution from
    reading when it faults, which one with the means for ``nx`` always does.
    """

    def __init__(self, kernel: Kernel, space: Space, nx: bool = False) -> None:
        super().__init__(kernel, space, nx)
        self.nx = self.tells_execution = nx
        self.closed = False
        self.threads: Sequence[KThread] = ()  # of the process, for their stacks
        space.fault_hook = self._kernel_fault
        space.answers = self.answers

    def _kernel_fault(self, address: int, write: bool) -> bool:
        """The kernel touched a page that lacks the right: True to try again."""
        outcome = resolve(self, address, WRITE if write else READ, None)
        if outcome is None:
            return True
        if outcome[0] == STATUS_ACCESS_VIOLATION:
            return False
        raise GuestFault(address, write, outcome[0])

    def check_alive(self) -> None:
        """STATUS_PROCESS_IS_TERMINATING once the address space is gone."""
        if self.closed:
            raise NtError(STATUS_PROCESS_IS_TERMINATING)

    def map_shared_data(self, store: Store, executable: bool = False) -> None:
        """Show KUSER_SHARED_DATA, which every process has and none can free or change."""
        vad = Vad(VAD_END, USER_END, MEM_PRIVATE, PAGE_READONLY)
        vad.no_change = True
        vad.pages.set(VAD_END, VAD_END + PAGE, COMMITTED | PAGE_READONLY)
        self.insert(vad)
        self.runs += 1
        rights = self.rights(vad, PAGE_EXECUTE_READ if executable else PAGE_READONLY)
        self.space.map_store(VAD_END, PAGE, store, 0, rights)

    def secure(self, address: int) -> None:
        """Keep the guest from freeing or protecting an allocation (PEB, TEB)."""
        vad = self.find(address)
        if vad is not None:
            vad.no_change = True

    def free_secured(self, address: int) -> None:
        """Release an allocation of the kernel's (a TEB)."""
        vad = self.find(address)
        if vad is not None:
            vad.no_change = False
            self._release_all(vad, self.index_of(vad))

    def own_frames(self) -> PhysicalPages:
        """The physical pages of the process, from now on if there were none."""
        if self.physical is None:
            from ring3k.mm.physical import PhysicalPages  # few programs need it

            self.physical = PhysicalPages(self)
        return self.physical

    # -- questions -------------------------------------------------------------------
    def locate(self, address: int) -> str | None:
        """``module+0x12`` for an address inside a mapped image."""
        vad = self.find(address)
        if vad is None or vad.type != MEM_IMAGE or vad.segment is None:
            return None
        name = vad.segment.name.rpartition("\\")[2] or "image"
        return f"{name}+{address - vad.start + vad.offset:#x}"

    def module_at(self, address: int) -> tuple[str, int, int] | None:
        """The mapped image that holds an address: file name, base, end."""
        vad = self.find(address)
        if vad is None or vad.type != MEM_IMAGE or vad.segment is None:
            return None
        name = vad.segment.name.rpartition("\\")[2] or "image"
        return name, vad.start - vad.offset, vad.end

    def file_at(self, address: int) -> tuple[Callable[[int, int], bytes], int, int] | None:
        """The file of the image at an address, where in it its COFF symbols are, and how many."""
        vad = self.find(address)
        segment = vad.segment if vad is not None else None
        if segment is None or segment.backing is None or segment.image is None:
            return None
        return (segment.backing.read, *segment.image.symbols)

    def is_code(self, address: int) -> bool:
        """Whether the page of an address is meant to be executed."""
        vad = self.find(address)
        if vad is None:
            return False
        word = vad.pages.at(address)
        return bool(word & COMMITTED and word & ANY_EXECUTE)

    def what_is(self, address: int) -> str:
        """What is at an address, in words."""
        vad = self.find(address)
        if vad is None:
            return "a null pointer" if address < LOWEST else "nothing is there"
        word = vad.pages.at(address)
        if not word & COMMITTED:
            return "reserved, not committed"
        text = next((name for bits, name in _RIGHTS if word & bits), "no access")
        if word & PAGE_GUARD:
            text += ", guarded"
        where = self.locate(address)
        return f"{text}, {where}" if where else text

    def mapped_name(self, address: int) -> str:
        """NT path of the file a view shows; STATUS_INVALID_ADDRESS, STATUS_FILE_INVALID."""
        vad = self.find(address)
        if vad is None or vad.segment is None:
            raise NtError(STATUS_INVALID_ADDRESS)
        if vad.segment.backing is None:
            raise NtError(STATUS_FILE_INVALID)
        return vad.segment.name

    def images(self) -> Iterator[tuple[int, int, str]]:
        """(base, size, NT path) of the mapped images."""
        for vad in self:
            if vad.type == MEM_IMAGE and vad.segment is not None:
                yield vad.start, vad.end - vad.start, vad.segment.name

    def resident(self) -> Iterator[tuple[int, int, int]]:
        """(start, end, working set bits) of accessible pages: protection in 5 bits, 0x100 for shared ones."""
        for vad in self:
            if vad.physical:  # never paged, so in no working set
                continue
            for a, b, word in vad.pages.pieces(vad.start, vad.end):
                if word & COMMITTED and not word & (PAGE_NOACCESS | PAGE_GUARD):
                    shared = vad.segment is not None and not word & COPIED
                    yield a, b, RESIDENT[word & ACCESS] | (0x100 if shared else 0)

    # -- cloning (NtCreateProcess without a section) ------------------------------------
    def clone_into(self, other: AddressSpace) -> None:
        """Copy private memory and share the views that are ViewShare.

        NT copies when either side writes; here at once.  Windows for physical pages are not
        inherited.  STATUS_COMMITMENT_LIMIT and STATUS_NO_MEMORY leave ``other`` half filled, to be closed.
        """
        for vad in self:
            if vad.start >= VAD_END or vad.start < LOWEST or vad.physical:
                continue
            if vad.segment is not None and vad.inherit != SECTION_INHERIT.ViewShare:
                continue
            self._clone(vad, other)

    def _clone(self, vad: Vad, other: AddressSpace) -> None:
        copy = Vad(vad.start, vad.end, vad.type, vad.protect)
        copy.pages = vad.pages.cut(vad.start, vad.end)
        copy.pages.words = [word & ~LOCKED for word in copy.pages.words]
        for name in _CLONED:
            setattr(copy, name, getattr(vad, name))
        segment = vad.segment
        size = vad.pages.count(COMMITTED) if segment is None else vad.charge
        other.charge(size)
        if segment is not None:
            copy.charge = size
            other._add_view(copy)
        else:
            other.insert(copy)
            other.runs += len(copy.pages) - 1
        for a, b, word in vad.pages.pieces(vad.start, vad.end):
            if word & COMMITTED and (segment is None or word & COPIED):
                try:
                    self.space.copy_private(a, b - a, other.space)
                except OSError:
                    raise NtError(STATUS_NO_MEMORY) from None
                if segment is None:
                    other.show(copy, a, b, word)

    # -- the end ------------------------------------------------------------------------
    def close(self) -> None:
        """Give up every view and all commitment; the engine's space goes with the process."""
        if self.closed:
            return
        self.closed = True
        self.space.fault_hook = None
        self.space.budget = None
        self.space.answers = None
        for vad in self:
            if vad.segment is not None:
                self._drop_view(vad)
        self._starts.clear()
        self._vads.clear()
        if self.physical is not None:
            self.physical.close()
            self.physical = None
        self.uncharge(self.committed)
