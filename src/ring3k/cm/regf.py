"""Hive files (REGF), read.

A hive is a header of one page and a space of cells; offsets count from behind the
header.  Keys ("nk"), values ("vk"), lists of either, security descriptors ("sk")
and data each have a cell.  Hives come from anywhere: every offset and size is
checked, no key is read twice, and the data of a file that names the same bytes
again and again has a limit.  Versions 1.1 to 1.6; logs are not looked at.
"""

from __future__ import annotations

from struct import Struct, error, unpack_from

from ring3k.cm.tree import Tree

HEADER = 4096
NOTHING = 0xFFFFFFFF
BIG = 16344  # bytes of data in one cell of "db" data
MOST_DATA = 256 << 20
MAX_DEPTH = 512
LINK, ASCII_NAME = 0x10, 0x20  # flags of a key
_NK = Struct("<2sHq8xI4xI4xIIII20xHH")  # from flags to the lengths of name and class
_VK = Struct("<2sHIIIH2x")


class HiveError(Exception):
    """No hive, or a damaged one; the text says what is wrong."""


def checksum(page: bytes) -> int:
    """Of a header's first 508 bytes."""
    total = 0
    for word in unpack_from("<127I", page):
        total ^= word
    return {0: 1, 0xFFFFFFFF: 0xFFFFFFFE}.get(total, total)


def is_hive(data: bytes) -> bool:
    return data[:4] == b"regf"


def read_hive(data: bytes) -> Tree:
    """The root key with all below.  HiveError."""
    if len(data) < HEADER or not is_hive(data):
        raise HiveError("no hive: it does not begin with 'regf'")
    if checksum(data) != unpack_from("<I", data, 508)[0]:
        raise HiveError("a damaged hive: the checksum of its header is wrong")
    major, minor = unpack_from("<II", data, 20)
    if major != 1 or minor > 6:
        raise HiveError(f"a hive of version {major}.{minor}: versions up to 1.6 can be read")
    try:
        return _Reader(data, minor).tree(unpack_from("<I", data, 36)[0])
    except (error, UnicodeDecodeError):
        raise HiveError("a damaged hive: a cell is too short for what it holds") from None


class _Reader:
    def __init__(self, data: bytes, minor: int) -> None:
        self._data = data
        self._minor = minor
        self._seen: set[int] = set()
        self._left = MOST_DATA
        self._descriptors: dict[int, bytes | None] = {}

    def _cell(self, offset: int) -> bytes:
        """What is in an allocated cell."""
        at = HEADER + offset
        if offset & 7 or not HEADER <= at <= len(self._data) - 8:
            raise HiveError(f"a damaged hive: an offset {offset:#x} leads out of it")
        size = -unpack_from("<i", self._data, at)[0]
        if size < 8 or at + size > len(self._data):
            raise HiveError(f"a damaged hive: the cell at {offset:#x} has no good size")
        self._take(size)
        return self._data[at + 4 : at + size]

    def _take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise HiveError(f"a hive of more than {MOST_DATA >> 20} MB")

    # -- keys ---------------------------------------------------------------------------
    def tree(self, offset: int) -> Tree:
        root, first = self._key(offset)
        rest = [(root, first, 1)]
        while rest:
            parent, offsets, depth = rest.pop()
            if offsets and depth >= MAX_DEPTH:
                raise HiveError(f"a hive of more than {MAX_DEPTH} levels")
            for one in offsets:
                child, below = self._key(one)
                parent.children.append(child)
                rest.append((child, below, depth + 1))
        return root

    def _key(self, offset: int) -> tuple[Tree, list[int]]:
        """A key, and where its subkeys are."""
        if offset in self._seen:
            raise HiveError(f"a damaged hive: the key at {offset:#x} is in two places")
        self._seen.add(offset)
        cell = self._cell(offset)
        head = _NK.unpack_from(cell)
        mark, flags, time, count, subkeys, values, value_list, security, class_at, name_size, class_size = (
            head
        )
        if mark != b"nk":
            raise HiveError(f"a damaged hive: no key at {offset:#x}")
        raw = cell[76 : 76 + name_size]
        name = raw.decode("latin-1") if flags & ASCII_NAME else raw.decode("utf-16-le", "surrogatepass")
        if len(raw) != name_size or not name or len(name) > 255 or "\\" in name:
            raise HiveError(f"a damaged hive: the key at {offset:#x} has no good name")
        class_name = None
        if class_size and class_at != NOTHING:
            class_name = self._cell(class_at)[: class_size & ~1].decode("utf-16-le", "surrogatepass")
        tree = Tree(name, time, class_name, self._security(security), bool(flags & LINK))
        if values and value_list != NOTHING:
            cells = self._cell(value_list)
            tree.values = [self._value(at) for at in unpack_from(f"<{values}I", cells)]
        return tree, self._subkeys(subkeys, 0) if count and subkeys != NOTHING else []

    def _subkeys(self, offset: int, depth: int) -> list[int]:
        cell = self._cell(offset)
        mark, count = unpack_from("<2sH", cell)
        if mark in (b"lf", b"lh"):
            return list(unpack_from(f"<{count * 2}I", cell, 4)[::2])
        if mark == b"li":
            return list(unpack_from(f"<{count}I", cell, 4))
        if mark == b"ri" and depth == 0:
            return [key for one in unpack_from(f"<{count}I", cell, 4) for key in self._subkeys(one, 1)]
        raise HiveError(f"a damaged hive: no list of subkeys at {offset:#x}")

    def _security(self, offset: int) -> bytes | None:
        if offset == NOTHING:
            return None
        if offset not in self._descriptors:
            cell = self._cell(offset)
            mark, size = unpack_from("<2s14xI", cell)
            if mark != b"sk" or len(cell) < 20 + size:
                raise HiveError(f"a damaged hive: no security descriptor at {offset:#x}")
            self._descriptors[offset] = cell[20 : 20 + size]
        return self._descriptors[offset]

    # -- values --------------------------------------------------------------------------
    def _value(self, offset: int) -> tuple[str, int, bytes]:
        cell = self._cell(offset)
        mark, name_size, size, data, kind, flags = _VK.unpack_from(cell)
        raw = cell[20 : 20 + name_size]
        if mark != b"vk" or len(raw) != name_size:
            raise HiveError(f"a damaged hive: no value at {offset:#x}")
        name = raw.decode("latin-1") if flags & 1 else raw.decode("utf-16-le", "surrogatepass")
        if size >> 31:
            return name, kind, cell[8 : 8 + min(size & 0x7FFFFFFF, 4)]
        return name, kind, self._contents(data, size) if size else b""

    def _contents(self, offset: int, size: int) -> bytes:
        cell = self._cell(offset)
        if self._minor > 3 and size > BIG and cell[:2] == b"db":
            count, pieces = unpack_from("<HI", cell, 2)
            parts = [self._cell(at)[:BIG] for at in unpack_from(f"<{count}I", self._cell(pieces))]
            cell = b"".join(parts)
        if len(cell) < size:
            raise HiveError(f"a damaged hive: the data at {offset:#x} is too short")
        return cell[:size]
