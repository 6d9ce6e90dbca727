"""Hive files (REGF), written: version 1.3, which every NT 4.0 and later reads, or 1.5 (XP and later)."""

from __future__ import annotations

from struct import Struct, pack, pack_into

from ring3k.cm.names import fold
from ring3k.cm.regf import ASCII_NAME, BIG, LINK, NOTHING, checksum
from ring3k.cm.tree import Tree

STANDARD, LATEST = 3, 5  # minor versions
PAGE = 4096
BIN_HEADER = 32
MOST_IN_LIST = 500
_ROOT = 0x0C  # flags of a hive's root: it is one, and is not deleted
_NK = Struct("<2sHq15IHH")


def write_hive(tree: Tree, name: str = "", minor: int = STANDARD) -> bytes:
    """The whole file.  ``name``: its path, of which the last 31 characters are noted in it."""
    return _Writer(minor).hive(tree, name)


class _Writer:
    def __init__(self, minor: int) -> None:
        self._minor = minor
        self._out = bytearray()
        self._free = 0  # where the next cell goes
        self._end = 0  # of the bin
        self._security: dict[bytes, int] = {}
        self._uses: dict[int, int] = {}
        self._time = 0

    def hive(self, tree: Tree, name: str) -> bytes:
        self._time = tree.time
        root = self._keys(tree)
        self._chain()
        self._close_bin()
        head = bytearray(PAGE)
        pack_into(
            "<4sIIqIIIIIII", head, 0, b"regf", 1, 1, self._time, 1, self._minor, 0, 1, root, len(self._out), 1
        )
        text = name[-31:].encode("utf-16-le", "surrogatepass")
        head[48 : 48 + len(text)] = text
        pack_into("<I", head, 508, checksum(bytes(head)))
        return bytes(head) + bytes(self._out)

    # -- cells ------------------------------------------------------------------------------
    def _allocate(self, size: int) -> int:
        """Room for so many bytes; the offset of the cell."""
        size = size + 4 + 7 & ~7
        if self._free + size > self._end:
            self._close_bin()
            start = len(self._out)
            length = size + BIN_HEADER + PAGE - 1 & ~(PAGE - 1)
            self._out += pack("<4sIIQqI", b"hbin", start, length, 0, self._time, 0) + bytes(
                length - BIN_HEADER
            )
            self._free, self._end = start + BIN_HEADER, start + length
        at = self._free
        pack_into("<i", self._out, at, -size)
        self._free += size
        return at

    def _close_bin(self) -> None:
        if self._free < self._end:
            pack_into("<i", self._out, self._free, self._end - self._free)
        self._free = self._end

    def _put(self, data: bytes) -> int:
        at = self._allocate(len(data))
        self._out[at + 4 : at + 4 + len(data)] = data
        return at

    # -- keys -----------------------------------------------------------------------------------
    def _keys(self, tree: Tree) -> int:
        """All keys: room for each first, since parents and children name each other."""
        places: dict[int, int] = {}
        order = list(tree.walk())
        for one in order:
            places[id(one)] = self._allocate(76 + len(_name(one.name)[0]))
        parents = {id(child): places[id(one)] for one in order for child in one.children}
        for one in order:
            self._key(one, places, parents.get(id(one), 0), one is tree)
        return places[id(tree)]

    def _key(self, one: Tree, places: dict[int, int], parent: int, is_root: bool) -> None:
        raw, ascii_name = _name(one.name)
        flags = (ASCII_NAME if ascii_name else 0) | (LINK if one.link else 0) | (_ROOT if is_root else 0)
        class_raw = (one.class_name or "").encode("utf-16-le", "surrogatepass")
        class_at = self._put(class_raw) if class_raw else NOTHING
        values = self._values(one) if one.values else NOTHING
        children = sorted(one.children, key=lambda child: fold(child.name))
        subkeys = self._list(children, places) if children else NOTHING
        at = places[id(one)] + 4
        head = _NK.pack(
            b"nk",
            flags,
            one.time,
            0,
            parent,
            len(children),
            0,
            subkeys,
            NOTHING,
            len(one.values),
            values,
            self._descriptor(one.security),
            class_at,
            max((2 * len(child.name) for child in children), default=0),
            max((2 * len(child.class_name or "") for child in children), default=0),
            max((2 * len(value[0]) for value in one.values), default=0),
            max((len(value[2]) for value in one.values), default=0),
            0,
            len(raw),
            len(class_raw),
        )
        self._out[at : at + len(head) + len(raw)] = head + raw

    def _list(self, children: list[Tree], places: dict[int, int]) -> int:
        lists = []
        for start in range(0, len(children), MOST_IN_LIST):
            some = children[start : start + MOST_IN_LIST]
            body = b"".join(pack("<I", places[id(child)]) + self._hash(child.name) for child in some)
            mark = b"lf" if self._minor == STANDARD else b"lh"
            lists.append(self._put(pack("<2sH", mark, len(some)) + body))
        if len(lists) == 1:
            return lists[0]
        return self._put(pack(f"<2sH{len(lists)}I", b"ri", len(lists), *lists))

    def _hash(self, name: str) -> bytes:
        if self._minor == STANDARD:  # the first four characters
            return bytes(ord(c) if ord(c) < 256 else 0 for c in name[:4]).ljust(4, b"\0")
        total = 0
        for c in fold(name):
            total = total * 37 + ord(c) & 0xFFFFFFFF
        return pack("<I", total)

    # -- descriptors --------------------------------------------------------------------------------
    def _descriptor(self, raw: bytes | None) -> int:
        if raw is None:
            return NOTHING
        at = self._security.get(raw)
        if at is None:
            at = self._security[raw] = self._put(pack("<2sHIIII", b"sk", 0, 0, 0, 0, len(raw)) + raw)
        self._uses[at] = self._uses.get(at, 0) + 1
        return at

    def _chain(self) -> None:
        """Descriptors form a ring, and count who uses them."""
        ring = list(self._security.values())
        for index, at in enumerate(ring):
            after, before = ring[(index + 1) % len(ring)], ring[index - 1]
            pack_into("<III", self._out, at + 8, after, before, self._uses[at])

    # -- values ---------------------------------------------------------------------------------------
    def _values(self, one: Tree) -> int:
        cells = [self._value(*value) for value in one.values]
        return self._put(pack(f"<{len(cells)}I", *cells))

    def _value(self, name: str, kind: int, data: bytes) -> int:
        raw, ascii_name = _name(name)
        size, place = len(data), 0
        if len(data) <= 4:
            size |= 0x80000000
            place = int.from_bytes(data.ljust(4, b"\0"), "little")
        elif self._minor > STANDARD and len(data) > BIG:
            pieces = [self._put(data[at : at + BIG]) for at in range(0, len(data), BIG)]
            listed = self._put(pack(f"<{len(pieces)}I", *pieces))
            place = self._put(pack("<2sHI", b"db", len(pieces), listed))
        else:
            place = self._put(data)
        return self._put(pack("<2sHIIIHH", b"vk", len(raw), size, place, kind, int(ascii_name), 0) + raw)


def _name(name: str) -> tuple[bytes, bool]:
    """A name as it is stored, and whether one byte a character was enough."""
    try:
        return name.encode("latin-1"), True
    except UnicodeEncodeError:
        return name.encode("utf-16-le", "surrogatepass"), False
