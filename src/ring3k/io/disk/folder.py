"""An open host folder, and what is known of the names in it.

Every folder on a path is held by descriptor, so nobody who moves folders about can
lead a walk astray.  A host compares names exactly; the names in upper case stand in
an index, made when a name is first not found as given, so that looking one up does
not cost the more the more there are.

The index is true as long as the folder's time of change is the one it was made at.
Hosts count that time in ticks: an index made within a tick of a change is made
again once that is over.  What this kernel itself changes is entered.

8.3 names are made up when somebody asks, and last as long as the folder is known.
Those that somebody has chosen are kept in an extended attribute of the host folder.
"""

from __future__ import annotations

import os
import time
from bisect import bisect_left, insort
from contextlib import suppress
from functools import lru_cache

from ring3k.abi.status import NtError
from ring3k.abi.upcase import upcase
from ring3k.engine.hostfile import written
from ring3k.io.disk.attributes import read_attribute, write_attribute
from ring3k.io.disk.host import nt_error
from ring3k.io.disk.names import (
    SEPARATOR,
    Kind,
    all_ordinary,
    from_host,
    is_short,
    short_kinds,
    short_name,
)

TICK = 20_000_000  # ns: longer than any host's
CHOSEN = "user.ring3k.shortnames"
OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FEW = 2000  # names of a folder whose index is worth remembering


class Folder:
    """One host folder.  ``pins``: who needs it to stay open."""

    __slots__ = (
        "_changed", "_chosen", "_index", "_longs", "_shorts", "_sorted", "_sure", "_tried", "fd", "key",
        "pins", "point",
    )  # fmt: skip

    def __init__(self, fd: int, key: tuple[int, int]) -> None:
        self.fd = fd
        self.key = key
        self.pins = 0
        self.point = False  # whether it is a reparse point
        self._index: dict[str, str | tuple[str, ...]] | None = None  # in upper case -> as stored
        self._sorted: list[str] | None = None
        self._changed = 0  # when the folder had changed last
        self._sure = False
        self._shorts: dict[str, str] | None = None  # name -> 8.3 name, "" if it is one
        self._longs: dict[str, str] = {}  # and back
        self._tried: dict[Kind, int] = {}  # the number to try next
        self._chosen: dict[str, str] = {}  # of those, what was chosen: 8.3 name -> name

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    @property
    def size(self) -> int:
        """How many names are kept."""
        return len(self._index) if self._index is not None else 0

    def forget(self) -> None:
        """Drop what is known of the names."""
        self._index = self._sorted = self._shorts = None
        self._longs = {}
        self._tried = {}

    # -- the index -----------------------------------------------------------------------
    def _refresh(self) -> dict[str, str | tuple[str, ...]]:
        try:
            changed = written(self.fd)
            index = self._index
            if (
                index is not None
                and changed == self._changed
                and (self._sure or time.time_ns() - changed <= TICK)
            ):
                return index
            self._sure = time.time_ns() - changed > TICK
            found = os.listdir(self.fd)
        except OSError as error:
            raise nt_error(error) from None
        self._changed, self._sorted = changed, None
        self._index = index = _known(tuple(found)).copy() if len(found) <= FEW else _indexed(found)
        self._chosen = self._load_chosen(index)
        if self._shorts is not None:
            self._shorts = {long: short for long, short in self._shorts.items() if upcase(long) in index}
            self._longs = {short: long for long, short in self._shorts.items() if short}
            self._tried = {}
        return index

    def find(self, name: str) -> list[str]:
        """The names, as stored, that a name may mean: those of other case, else one with that 8.3 name."""
        index = self._refresh()
        up = upcase(name)
        found = index.get(up)
        if found is not None:
            return [found] if isinstance(found, str) else list(found)
        if "~" in up or up in self._chosen:
            self._make_shorts()
            long = self._longs.get(up)
            if long is not None:
                return [long]
        return []

    def names(self) -> list[str]:
        """All names as stored, in the order of their letters.  Not to be changed."""
        index = self._refresh()
        if self._sorted is None:
            found: list[str] = []
            for one in map(index.__getitem__, sorted(index)):
                if isinstance(one, str):
                    found.append(one)
                else:
                    found += one
            self._sorted = found
        return self._sorted

    def entered(self, name: str) -> None:
        """This kernel has made an entry."""
        if self._index is not None:
            _enter(self._index, name)
            self._sort_in(name)
            if self._shorts is not None:
                self._give_short(name)
            self._note()

    def left(self, name: str) -> None:
        """This kernel has removed one."""
        if self._index is not None:
            up = upcase(name)
            found = self._index.get(up)
            if isinstance(found, tuple):
                rest = tuple(one for one in found if one != name)
                self._index[up] = rest[0] if len(rest) == 1 else rest
            elif found == name:
                del self._index[up]
            self._sort_out(name)
            if self._shorts is not None and self._longs.pop(self._shorts.pop(name, ""), None) is not None:
                self._tried = {}  # its number is free
            if name in self._chosen.values():
                with suppress(NtError):
                    self._choose(name, None)
            self._note()

    def _sort_in(self, name: str) -> None:
        names = self._sorted
        if names is not None:
            place = bisect_left(names, (upcase(name), name), key=_order)
            if names[place : place + 1] != [name]:
                names.insert(place, name)

    def _sort_out(self, name: str) -> None:
        names = self._sorted
        if names is not None:
            place = bisect_left(names, (upcase(name), name), key=_order)
            if names[place : place + 1] == [name]:
                del names[place]

    def _note(self) -> None:
        """The change was ours; others may have happened in the same tick."""
        try:
            self._changed = written(self.fd)
        except OSError:
            self._changed = 0
        self._sure = False

    # -- 8.3 names -------------------------------------------------------------------------
    @property
    def shorts(self) -> dict[str, str]:
        """The 8.3 names that were given so far.  Not to be changed."""
        return self._shorts or {}

    def short(self, name: str) -> str:
        """The 8.3 name of a long one; "" for a name that is one itself."""
        shorts = self._shorts
        found = shorts.get(name) if shorts is not None else None
        if found is None:
            self._make_shorts()
            found = self._shorts.get(name, "") if self._shorts is not None else ""
        return found

    def set_short(self, name: str, short: str) -> None:
        """Call it so; the caller has seen that nothing else is called so.  STATUS_DISK_FULL."""
        self._make_shorts()
        self._choose(name, short)
        if self._shorts is not None:
            self._longs.pop(self._shorts.get(name, ""), None)
            self._shorts[name] = short
            self._longs[short] = name

    def _choose(self, name: str, short: str | None) -> None:
        """Note an 8.3 name that was chosen, or that it is gone; a host may keep no attributes."""
        chosen = {other: long for other, long in self._chosen.items() if long != name}
        if short is not None:
            chosen[short] = name
        text = "\0".join(part for pair in chosen.items() for part in pair)
        try:
            mode = os.fstat(self.fd).st_mode
        except OSError as error:
            raise nt_error(error) from None
        write_attribute(self.fd, mode, CHOSEN, text.encode("utf-8", "surrogatepass") if chosen else None)
        self._chosen = chosen

    def _load_chosen(self, index: dict[str, str | tuple[str, ...]]) -> dict[str, str]:
        """What is noted, as far as it means anything."""
        data = read_attribute(self.fd, CHOSEN)
        if data is None:  # the host keeps none, or none was chosen
            return {short: long for short, long in self._chosen.items() if upcase(long) in index}
        parts = data.decode("utf-8", "replace").split("\0")
        pairs = zip(parts[::2], parts[1::2], strict=False)
        return {short: long for short, long in pairs if is_short(short) and upcase(long) in index}

    def _make_shorts(self) -> None:
        """Give one to every long name that has none; those given stay while the folder is known."""
        self._refresh()
        if self._shorts is None:
            self._longs = dict(self._chosen)
            self._shorts = {long: short for short, long in self._longs.items()}
        for name in self.names():
            if name not in self._shorts:
                self._give_short(name)

    def _give_short(self, name: str) -> None:
        shorts, index = self._shorts, self._index
        if shorts is None or index is None or name in shorts:
            return
        shorts[name] = ""
        if is_short(name):
            return
        for kind in short_kinds(name):
            most = kind[2]
            for number in range(self._tried.get(kind, 1), most + 1):
                short = short_name(kind, number)
                if short not in self._longs and short not in index:
                    self._tried[kind] = number + 1
                    shorts[name] = short
                    self._longs[short] = name
                    return
            self._tried[kind] = most + 1


def _order(name: str) -> tuple[str, str]:
    return upcase(name), name


def _indexed(found: list[str]) -> dict[str, str | tuple[str, ...]]:
    """The index of a host's names."""
    index: dict[str, str | tuple[str, ...]] = {}
    if all_ordinary(found):
        index.update(zip(map(str.upper, found), found, strict=True))
        if len(index) == len(found):  # no two differ in case alone
            return index
        index.clear()
    for host in found:
        name = from_host(host)
        if name is not None:
            _enter(index, name)
    return index


@lru_cache(maxsize=64)
def _known(found: tuple[str, ...]) -> dict[str, str | tuple[str, ...]]:
    """The same, for folders that every system of this process looks into.  Not to be changed."""
    return _indexed(list(found))


def _enter(index: dict[str, str | tuple[str, ...]], name: str) -> None:
    up = upcase(name)
    found = index.get(up)
    if found is None:
        index[up] = name
    elif isinstance(found, str):
        if found != name:
            index[up] = (found, name) if found < name else (name, found)
    elif name not in found:
        both = list(found)
        insort(both, name)
        index[up] = tuple(both)


def join(folder: str, name: str) -> str:
    """The path of what is in a folder."""
    return folder + name if folder.endswith(SEPARATOR) else f"{folder}{SEPARATOR}{name}"
