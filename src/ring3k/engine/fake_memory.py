"""Memory of the fake engine: pages as byte arrays, rights checked on every access.

What is modelled: private memory that keeps its content while it is not shown,
stores shared between spaces page by page, and the kernel's two ways in (rights
respected, with the fault hook; rights ignored).

Invariant: a page that several views show is one ``bytearray``, so a write
through one is seen through all.  As on the processor, any right lets a page be
read and executed.
"""

from __future__ import annotations

import os

from ring3k.abi.memory import Numbers
from ring3k.abi.status import STATUS_IN_PAGE_ERROR, GuestFault
from ring3k.engine.protocol import PAGE, USER_END, Budget, FaultHook, Prot, Store
from ring3k.typed import Any

_MASK = PAGE - 1
_SHIFT = 12
_TRIES = 8  # a hook that promises and does not deliver must not hang the kernel


class FakeStore:
    """Section memory: pages come into being when first touched."""

    writable = True

    def __init__(self, size: int) -> None:
        self._size = size
        self.budget = size
        self._pages: dict[int, bytearray] = {}
        self.closed = False

    @property
    def size(self) -> int:
        return self._size

    def page(self, index: int) -> bytearray:
        """The page at ``index``, shared by everybody who asks."""
        found = self._pages.get(index)
        if found is None:
            found = self._pages[index] = bytearray(PAGE)
        return found

    def read(self, offset: int, length: int) -> bytes:
        self._check(offset, length)
        out = bytearray()
        while length:
            start = offset & _MASK
            part = min(length, PAGE - start)
            out += self.page(offset >> _SHIFT)[start : start + part]
            offset += part
            length -= part
        return bytes(out)

    def write(self, offset: int, data: bytes) -> None:
        self._check(offset, len(data))
        done = 0
        while done < len(data):
            start = (offset + done) & _MASK
            part = min(len(data) - done, PAGE - start)
            self.page((offset + done) >> _SHIFT)[start : start + part] = data[done : done + part]
            done += part

    def _check(self, offset: int, length: int) -> None:
        if offset < 0 or length < 0 or offset + length > self._size:
            raise ValueError(f"outside the store: {offset:#x}+{length:#x} of {self._size:#x}")

    def resize(self, size: int) -> None:
        first = (size + _MASK) >> _SHIFT
        for index in [i for i in self._pages if i >= first]:
            del self._pages[index]
        if self.budget == self._size:
            self.budget = size
        self._size = size

    def make_writable(self, fd: int) -> None:
        raise ValueError("not a file mapped for reading only")

    def discard(self, offset: int, length: int) -> None:
        self._check(offset, length)
        for index in range(offset >> _SHIFT, (offset + length) >> _SHIFT):
            self.page(index)[:] = bytes(PAGE)

    def close(self) -> None:
        self.closed = True


class FakeMemory(Numbers):
    """The pages of one address space: the memory half of ``protocol.Space``."""

    def __init__(self) -> None:
        self.fault_hook: FaultHook | None = None
        self.budget: Budget | None = None
        self.crime = ""
        self._private: dict[int, bytearray] = {}
        self._shown: dict[int, bytearray] = {}
        self._prot: dict[int, int] = {}

    # -- mapping ---------------------------------------------------------------
    def _range(self, address: int, length: int) -> range:
        if address & _MASK or length & _MASK or address < 0 or length <= 0 or address + length > USER_END:
            raise ValueError(f"not a range of user pages: {address:#x}+{length:#x}")
        return range(address >> _SHIFT, (address + length) >> _SHIFT)

    def _own(self, page: int) -> bytearray:
        found = self._private.get(page)
        if found is None:
            found = self._private[page] = bytearray(PAGE)
        return found

    def map_private(self, address: int, length: int, prot: int) -> None:
        for page in self._range(address, length):
            self._shown[page] = self._own(page)
            self._prot[page] = prot

    def map_store(self, address: int, length: int, store: Store, offset: int, prot: int) -> None:
        if not isinstance(store, FakeStore) or offset & _MASK:
            raise ValueError("not a page of a fake store")
        if prot & Prot.WRITE and not store.writable:
            raise ValueError("the store can only be read")
        for index, page in enumerate(self._range(address, length), offset >> _SHIFT):
            self._shown[page] = store.page(index)
            self._prot[page] = prot

    def protect(self, address: int, length: int, prot: int) -> None:
        for page in self._range(address, length):
            if page in self._prot:
                self._prot[page] = prot

    def unmap(self, address: int, length: int) -> None:
        for page in self._range(address, length):
            self._shown.pop(page, None)
            self._prot.pop(page, None)

    def discard(self, address: int, length: int) -> None:
        for page in self._range(address, length):
            old = self._private.pop(page, None)
            if old is not None and self._shown.get(page) is old:
                self._shown[page] = self._own(page)

    def prot_of(self, address: int) -> int | None:
        """The rights of a page, None when nothing is mapped there."""
        return self._prot.get(address >> _SHIFT)

    # -- checked access -----------------------------------------------------------
    def gone(self, address: int) -> bool:
        """Whether a page is mapped, but of a file that has become too short."""
        return getattr(self._shown.get(address >> _SHIFT), "gone", False)

    def accessible(self, address: int, write: bool) -> bool:
        """Whether an access to this byte would work now, without asking the hook."""
        prot = self._prot.get(address >> _SHIFT, 0)
        return bool(prot & Prot.WRITE if write else prot)

    def _page(self, address: int, write: bool) -> bytearray:
        page = address >> _SHIFT
        for _ in range(_TRIES):
            prot = self._prot.get(page, 0)
            if prot & Prot.WRITE if write else prot:
                found = self._shown[page]
                if getattr(found, "gone", False):
                    raise GuestFault(address, write, STATUS_IN_PAGE_ERROR)
                return found
            if not 0 <= address < USER_END or self.fault_hook is None or not self.fault_hook(address, write):
                break
        raise GuestFault(address, write)

    def read(self, address: int, length: int) -> bytes:
        start = address & _MASK
        if start + length <= PAGE:
            return bytes(self._page(address, False)[start : start + length]) if length else b""
        out = bytearray()
        while length > 0:
            start = address & _MASK
            part = min(length, PAGE - start)
            out += self._page(address, False)[start : start + part]
            address += part
            length -= part
        return bytes(out)

    def write(self, address: int, data: bytes) -> None:
        done, size = 0, len(data)
        while done < size:
            start = (address + done) & _MASK
            part = min(size - done, PAGE - start)
            self._page(address + done, True)[start : start + part] = data[done : done + part]
            done += part

    def read_u8(self, address: int) -> int:
        return self._page(address, False)[address & _MASK]

    def probe_write(self, address: int, length: int) -> None:
        if length <= 0:
            return
        end = address + length
        while address < end:
            self._page(address, True)
            address = (address | _MASK) + 1

    # -- unchecked access to private memory --------------------------------------
    def read_file(self, fd: int, offset: int, address: int, length: int) -> int:
        data = os.pread(fd, length, offset)
        self.write(address, data)
        return len(data)

    def write_file(self, fd: int, offset: int, address: int, length: int) -> int:
        return os.pwrite(fd, self.read(address, length), offset)

    def peek(self, address: int, length: int) -> bytes:
        out = bytearray()
        while length > 0:
            start = address & _MASK
            part = min(length, PAGE - start)
            page = self._private.get(address >> _SHIFT)
            out += page[start : start + part] if page is not None else bytes(part)
            address += part
            length -= part
        return bytes(out)

    def poke(self, address: int, data: bytes) -> None:
        done = 0
        while done < len(data):
            start = (address + done) & _MASK
            part = min(len(data) - done, PAGE - start)
            self._own((address + done) >> _SHIFT)[start : start + part] = data[done : done + part]
            done += part

    def copy_private(self, address: int, length: int, other: Any) -> None:
        pages = range(address >> _SHIFT, (address + length + _MASK) >> _SHIFT)
        for number in self._private.keys() & pages if len(pages) > len(self._private) else pages:
            page = self._private.get(number)
            if page is not None:
                other._own(number)[:] = page
