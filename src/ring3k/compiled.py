"""What Python has compiled of us, kept in one file: the code of modules and of generated pieces.

A start is mostly the reading of some 250 modules, and half of that is looking for each of them
and for its own cache file.  Here they are found by name in one index, which also tells of modules in C
and of what system calls the modules declare.  As with Python's own cache
files, whose folder it shares, the code of a module counts only while its source has the size and
the time it had; generated code (``code``) counts only for the very text it was compiled from.

The file belongs to one interpreter, one place of this package and one standard library.  Where it
is damaged, of another or missing, everything is read as Python does it.  It is written by set-up
and, where Python may write such files, by a run that had to compile something.  Who can write to
its folder can change the cache files of our sources as well, so that nobody new is trusted.

There is one in a process, as there is one ``sys.modules``.
"""

from __future__ import annotations

import builtins
import marshal
import os
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import MAGIC_NUMBER, ExtensionFileLoader, SourceFileLoader
from _imp import source_hash
from time import time_ns

TYPE_CHECKING = False  # as ``typing`` has it, which takes longer to import than all of this
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import CodeType, ModuleType

    from ring3k.typed import Any, Self

PACKAGE = os.path.dirname(__file__)
LIBRARY = os.path.dirname(os.__file__)
FILE = os.path.join(PACKAGE, "__pycache__", f"all.{sys.implementation.cache_tag}.kept")
OWN = "ring3k."
_KEY = int.from_bytes(MAGIC_NUMBER, "little")  # another interpreter's file has other hashes
FORM = 2  # of the index; a file of another is read as none
_HEAD = 24  # bytes: length and hash of the index, length of the file
_BAD = (EOFError, OSError, TypeError, ValueError)  # what reading a bad file raises

Piece = tuple[int, int]  # offset, length
Source = tuple[str, int, int, bool, Piece | int | None]  # path, time, size, package; None: in C
Text = tuple[str, "CodeType"]  # what was compiled, and the code
Rest = tuple[dict[str, Source], dict[str, Piece], dict[str, str]]  # modules, texts, modules of system calls


class Kept:
    """The file: an index, and the pieces it tells of, read when they are wanted.

    What every run reads stands together: of the index, of modules' code, of texts, and of what was made from
    all these modules.  Names stand once in each, which makes reading it quick.
    """

    def __init__(self, path: str) -> None:
        """Raises one of _BAD where there is no such file that is any good."""
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._group: list[CodeType | None] | None = None
        self._ready: dict[str, Text] | None = None
        self._made: dict[str, Any] | None = None
        self._rest: Rest | None = None
        try:
            head = os.pread(self._file, _HEAD, 0)
            self._start = _HEAD + int.from_bytes(head[:8], "little")
            size = os.fstat(self._file).st_size
            if int.from_bytes(head[16:], "little") != size or not _HEAD < self._start <= size:
                raise ValueError("not whole")
            data = os.pread(self._file, self._start - _HEAD, _HEAD)
            if source_hash(_KEY, data) != head[8:16]:
                raise ValueError("another interpreter's")
            place, self.modules, self._calls, self._places = marshal.loads(data)  # noqa: S302  # our own
            if place != (FORM, PACKAGE, LIBRARY):
                raise ValueError("of another form or place")
        except BaseException:
            os.close(self._file)
            raise

    def data(self, piece: Piece) -> bytes:
        return os.pread(self._file, piece[1], self._start + piece[0])

    def codes(self) -> tuple[CodeType, ...]:
        """Of the modules that every run reads; mapped, not copied, as it is long.  Raises one of _BAD."""
        from mmap import ALLOCATIONGRANULARITY, MAP_POPULATE, MAP_SHARED, PROT_READ, mmap

        offset, length = self._places[0]
        start = self._start + offset
        before = start % ALLOCATIONGRANULARITY
        size = before + length
        flags = MAP_SHARED | MAP_POPULATE
        with (
            mmap(self._file, size, flags, PROT_READ, offset=start - before) as data,
            memoryview(data) as view,
        ):
            found: tuple[CodeType, ...] = marshal.loads(view[before:])  # noqa: S302
        return found

    def _load(self, piece: Piece | None) -> Any:
        """None if it is not there, or damaged."""
        try:
            return None if piece is None else marshal.loads(self.data(piece))  # noqa: S302
        except _BAD:
            return None

    def rest(self) -> Rest:
        """Of the index: what few runs ask for."""
        if self._rest is None:
            self._rest = self._load(self._places[2]) or ({}, {}, {})
        return self._rest

    def source(self, name: str) -> Source | None:
        """Of a module that is kept."""
        return self.modules.get(name) or self.rest()[0].get(name)

    def declares(self, call: str) -> str | None:
        """The module that declares a system call."""
        return self._calls.get(call) or self.rest()[2].get(call)

    def module(self, piece: Piece | int) -> CodeType:
        """Raises one of _BAD."""
        if not isinstance(piece, int):
            found: CodeType = marshal.loads(self.data(piece))  # noqa: S302
            return found
        if self._group is None:
            self._group = list(self.codes())
        one, self._group[piece] = self._group[piece], None
        if one is None:
            raise ValueError("given already")
        return one

    def group(self) -> list[str]:
        """The modules that every run reads, each behind those it reads itself."""
        numbers = {piece: name for name, (*_, piece) in self.modules.items() if isinstance(piece, int)}
        return [numbers[number] for number in sorted(numbers)]

    def ready(self) -> dict[str, Text]:
        """The generated pieces that every run reads, by name."""
        if self._ready is None:
            self._ready = self._load(self._places[1]) or {}
        return self._ready

    def made(self) -> dict[str, Any]:
        """What was made from the modules of every run."""
        if self._made is None:
            self._made = self._load(self._places[3]) or {}
        return self._made

    def text(self, name: str) -> Text | None:
        """A generated piece."""
        found = self.ready().get(name)
        return self._load(self.rest()[1].get(name)) if found is None else found


class Finder:
    """In ``sys.meta_path``: modules whose code is kept, as long as their sources are as they were."""

    def __init__(self, kept: Kept, library: bool) -> None:
        self._kept = kept
        self._library = library

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        source = self._kept.source(name)
        if source is None or not (self._library or name.startswith(OWN)):
            return None
        place, time, size, package, piece = source
        try:
            info = os.stat(place)
        except OSError:
            return None
        if info.st_mtime_ns != time or info.st_size != size:
            return None
        if piece is None:
            spec = ModuleSpec(name, ExtensionFileLoader(name, place), origin=place)
            spec.has_location = True
            return spec
        spec = ModuleSpec(name, Loader(name, place, self._kept, piece), origin=place, is_package=package)
        spec.has_location = True
        if package:
            spec.submodule_search_locations = [place.rpartition("/")[0]]
        return spec


class Loader(SourceFileLoader):
    """Python's own, but for where the code that is executed comes from."""

    def __init__(self, name: str, path: str, kept: Kept, piece: Piece | int) -> None:
        self.name = name
        self.path = path
        self.kept = kept
        self.piece = piece

    def exec_module(self, module: ModuleType) -> None:
        try:
            found = self.kept.module(self.piece)
        except _BAD:
            super().exec_module(module)
        else:
            exec(found, module.__dict__)  # noqa: S102  # as a module's code is


class Store:
    """This process' file, and what it lacked."""

    def __init__(self, path: str = FILE) -> None:
        self.path = path
        self.begun = time_ns()
        self.new: dict[str, Text] = {}
        self.asked: set[str] = set()
        self.kept: Kept | None = None
        self.finder: Finder | None = None
        self.whole = False  # the modules of every run are read, and all of them as they were
        self.usable = not sys.flags.optimize and sys.pycache_prefix is None
        try:
            if self.usable:
                self.kept = Kept(path)
        except _BAD:
            pass

    def code(self, text: str, name: str, mode: str) -> CodeType:
        self.asked.add(name)
        found = self.new.get(name)
        if found is None and self.kept is not None:
            found = self.kept.text(name)
        if found is None or found[0] != text:
            found = self.new[name] = text, compile(text, f"<{name}>", mode)
        return found[1]

    def find_modules(self) -> None:
        """Let modules that are imported from now on come from the file."""
        if self.kept is not None:
            self.finder = Finder(self.kept, "PYTHONPATH" not in os.environ)
            sys.meta_path.insert(0, self.finder)

    def read_group(self) -> None:
        """Read the modules that every run reads, without what an import takes around each.

        Where one is not as it was, it and the rest are left to those who import them.
        """
        if self.finder is None or self.kept is None:
            return
        with ShortImports() as short:
            for name in self.kept.group():
                if name in sys.modules:
                    continue
                spec = self.finder.find_spec(name)
                if spec is None or not _read(spec):
                    return
                short.add(name)
        self.whole = not any(map(_is_outside, sys.modules.items()))

    def lacks(self) -> bool:
        """Whether this process has compiled or read something of ours that belongs into the file."""
        if not self.usable or not (self.new or any(map(_is_outside, sys.modules.items()))):
            return False
        folder = os.path.dirname(self.path)
        return os.access(folder if os.path.isdir(folder) else PACKAGE, os.W_OK)


class ShortImports:
    """While it lasts, ``from module import name`` looks nowhere else for a module that is read to its end.

    Python asks each time whether such a module is still being read, and whether it is a package, for which
    it makes an exception and drops it again: a tenth of the reading.
    """

    def __init__(self) -> None:
        self._import = builtins.__import__
        self._whole: dict[str, ModuleType] = {}
        for name in sys.modules:
            self.add(name)

    def add(self, name: str) -> None:
        """Unless it is being read, or is a package, whose modules may be yet to be read."""
        module = sys.modules[name]
        plain = type(module) is type(sys) and "__path__" not in vars(module)
        if plain and not getattr(module.__spec__, "_initializing", False):
            self._whole[name] = module

    def find(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002  # as in __import__
        locals: Mapping[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        found = self._whole.get(name) if fromlist and not level else None
        return self._import(name, globals, locals, fromlist or (), level) if found is None else found

    def __enter__(self) -> Self:
        builtins.__import__ = self.find
        return self

    def __exit__(self, *error: object) -> None:
        builtins.__import__ = self._import


def _is_outside(item: tuple[str, ModuleType]) -> bool:
    name, module = item
    loader = getattr(module, "__loader__", None)
    return name.startswith(OWN) and name not in EARLY and type(loader) is SourceFileLoader


def _read(spec: ModuleSpec) -> bool:
    """Make and execute a module; false, and nothing is left of it, if it fails."""
    loader, name = spec.loader, spec.name
    parent, _, last = name.rpartition(".")
    if not isinstance(loader, Loader) or (parent and parent not in sys.modules):
        return False
    module = type(sys)(name)
    module.__spec__, module.__loader__, module.__package__ = spec, loader, spec.parent
    module.__file__ = spec.origin
    if spec.submodule_search_locations is not None:
        module.__path__ = spec.submodule_search_locations
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        return False
    if parent:
        setattr(sys.modules[parent], last, module)
    return True


EARLY = {"ring3k.cli", "ring3k.compiled"}  # read before the file is
_stores: list[Store] = []


def store() -> Store:
    """The one of this process; opened at first use."""
    if not _stores:
        _stores.append(Store())
    return _stores[0]


def code(text: str, name: str, mode: str = "exec") -> CodeType:
    """What ``text`` is compiled to.  ``name``: of this piece, the only one of that name."""
    return store().code(text, name, mode)


def made(name: str) -> Any:
    """What was made from the modules of every run, and is kept; None unless all of them are as they were."""
    found = store()
    return found.kept.made().get(name) if found.whole and found.kept is not None else None


def load(name: str) -> ModuleType:
    """The module of a full name (``importlib`` reads ``warnings`` first)."""
    __import__(name)
    return sys.modules[name]


def values(hints: Iterable[object], name: str, scope: dict[str, object]) -> tuple[object, ...]:
    """What annotations mean: those that are text (our own, never data) are evaluated."""
    found = list(hints)
    try:
        text = ", ".join([*found, ""])  # type: ignore[list-item]
    except TypeError:
        return tuple([eval(hint, scope) if isinstance(hint, str) else hint for hint in found])  # noqa: S307
    made: tuple[object, ...] = eval(code(f"({text})", name, "eval"), scope)  # noqa: S307
    return made
