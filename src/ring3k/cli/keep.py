"""Writing what Python has compiled (``ring3k.compiled``): all of it, or what a run has needed.

``python -m ring3k.cli.keep`` compiles everything there is; set-up does so.
"""

from __future__ import annotations

import marshal
import os
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import ExtensionFileLoader, SourceFileLoader
from _imp import source_hash
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from types import CodeType, ModuleType

from ring3k import compiled
from ring3k.calls import declared_in
from ring3k.compiled import GROUP, LIBRARY, PACKAGE, Kept, Piece, Source, Store

_FROM_FILES = (SourceFileLoader, ExtensionFileLoader)
_IN_C = os.path.join(LIBRARY, "lib-dynload")


class Writer:
    """The pieces of a new file."""

    def __init__(self) -> None:
        self._data: list[bytes] = []
        self._size = 0

    def add(self, data: bytes) -> Piece:
        offset = self._size
        self._data.append(data)
        self._size += len(data)
        return offset, len(data)

    def write(
        self, path: str, modules: dict[str, Source], texts: dict[str, Piece], calls: dict[str, str]
    ) -> None:
        """Put it in the place of the old one, unless the folder is not ours or the disk is full."""
        index = marshal.dumps(((PACKAGE, LIBRARY), modules, texts, calls))
        name = f"{path}.{os.getpid()}"
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(name, "xb") as file:
                size = compiled._HEAD + len(index) + self._size
                head = len(index).to_bytes(8, "little"), _hash(index), size.to_bytes(8, "little")
                file.writelines((*head, index, *self._data))
            os.replace(name, path)
        except OSError:
            with suppress(OSError):
                os.unlink(name)


def _hash(data: bytes) -> bytes:
    return source_hash(compiled._KEY, data)


def keep(store: Store, group: Collection[str] | None = None) -> None:
    """Write what is still good of the old file, and what this process has needed, if that may be written.

    ``group``: the modules that every run reads, each behind those it reads; as it was, or if there was none,
    what this process has read.
    """
    writer = Writer()
    old = store.kept
    modules: dict[str, Source] = {}
    codes: dict[str, CodeType] = {}
    for name, spec in _loaded():
        if (found := _source(spec)) is not None:
            modules[name], code = found
            if code is not None:
                codes[name] = code
    if group is None:
        group = codes if old is None else old.group()
    texts = {name: writer.add(marshal.dumps(one)) for name, one in store.new.items()}
    together = [name for name in group if name in codes]
    if together:
        texts[GROUP] = writer.add(marshal.dumps(tuple(codes[name] for name in together)))
    numbers = {name: number for number, name in enumerate(together)}
    for name, code in codes.items():
        piece = numbers[name] if name in numbers else writer.add(marshal.dumps(code))
        modules[name] = *modules[name][:4], piece
    if old is not None:
        with suppress(ValueError):  # it is damaged
            _take_over(old, writer, modules, texts)
    writer.write(store.path, modules, texts, declared_in())


def _take_over(old: Kept, writer: Writer, modules: dict[str, Source], texts: dict[str, Piece]) -> None:
    """What is still good and not there yet.  ValueError."""
    for name, (path, time, size, package, piece) in old.modules.items():
        if name not in modules and isinstance(piece, tuple) and _stamp(path) == (time, size):
            modules[name] = path, time, size, package, writer.add(old.data(piece))
    for name, piece in old.texts.items():
        if name not in texts and name != GROUP:
            texts[name] = writer.add(old.data(piece))


def _loaded() -> Iterator[tuple[str, ModuleSpec]]:
    """Modules of ours and of the standard library that were read from files."""
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if spec is None or spec.name != name or not isinstance(spec.loader, _FROM_FILES):
            continue
        parts = name.split(".")
        places = (os.path.join(LIBRARY, *parts[:-1]), os.path.join(LIBRARY, *parts), _IN_C)
        if name.startswith(compiled.OWN) or os.path.dirname(spec.origin or "") in places:
            yield name, spec


def _source(spec: ModuleSpec) -> tuple[Source, CodeType | None] | None:
    """What is to be kept of a module, and its code if it is not in C."""
    if spec.origin is None or (stamp := _stamp(spec.origin)) is None:
        return None
    if not isinstance(spec.loader, SourceFileLoader):
        return (spec.origin, *stamp, False, None), None
    try:
        found = SourceFileLoader(spec.name, spec.origin).get_code(spec.name)
    except (OSError, ImportError, SyntaxError):
        return None
    if found is None or stamp != _stamp(spec.origin):
        return None
    return (spec.origin, *stamp, spec.submodule_search_locations is not None, None), found


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        info = os.stat(path)
    except OSError:
        return None
    return info.st_mtime_ns, info.st_size


@contextmanager
def _noted() -> Iterator[list[str]]:
    """The names of modules in the order in which they are read to their ends."""
    names = list(sys.modules)
    execute = SourceFileLoader.exec_module

    def exec_module(loader: SourceFileLoader, module: ModuleType) -> None:
        execute(loader, module)
        names.append(module.__name__)

    SourceFileLoader.exec_module = exec_module  # type: ignore[method-assign,assignment]
    try:
        yield names
    finally:
        SourceFileLoader.exec_module = execute  # type: ignore[method-assign]


def _what_runs_need() -> None:
    """Read it, by running programs; machines are set up in another process, as that needs more."""
    from ring3k.cli import options, run, setup, trial, userland  # noqa: F401
    from ring3k.userland.folder import new_temporary, remove_tree

    machine = new_temporary()
    try:
        child = os.fork()
        if not child:
            try:
                trial.run_each_kind("hostname.exe", machine=machine)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        trial.run_each_kind("hostname.exe", machine=machine)
    finally:
        remove_tree(machine)


def _everything() -> None:
    """Import all there is, and make what is made at first use."""
    import encodings.utf_16_be
    import encodings.utf_16_le  # noqa: F401
    from importlib import import_module
    from pkgutil import walk_packages

    from ring3k.abi.struct import Structure
    from ring3k.calls import all_calls

    for found in walk_packages([PACKAGE], compiled.OWN):
        if not found.name.endswith("__main__"):
            import_module(found.name)
    for declaration in all_calls().values():
        declaration.decoder()
    kinds = Structure.__subclasses__()
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        kind.layout()


def main() -> None:
    """Everything, from the sources as they are."""
    store = compiled.store()
    store.kept = None
    with _noted() as names:
        _what_runs_need()
    group = [name for name in names if name != "ring3k.cli.trial"]
    _everything()
    keep(store, group)


if __name__ == "__main__":
    main()
