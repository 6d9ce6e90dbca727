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
from collections.abc import Iterator
from contextlib import suppress
from types import CodeType

from ring3k import compiled
from ring3k.calls import declared_in
from ring3k.compiled import LIBRARY, PACKAGE, Piece, Source, Store

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
        return offset, len(data), _hash(data)

    def write(
        self, path: str, modules: dict[str, Source], texts: dict[str, Piece], calls: dict[str, str]
    ) -> None:
        """Put it in the place of the old one, unless the folder is not ours or the disk is full."""
        index = marshal.dumps(((PACKAGE, LIBRARY), modules, texts, calls))
        name = f"{path}.{os.getpid()}"
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(name, "xb") as file:
                file.writelines((len(index).to_bytes(8, "little"), _hash(index), index, *self._data))
            os.replace(name, path)
        except OSError:
            with suppress(OSError):
                os.unlink(name)


def _hash(data: bytes) -> bytes:
    return source_hash(compiled._KEY, data)


def keep(store: Store) -> None:
    """Write what is still good of the old file, and what this process has needed, if that may be written."""
    writer = Writer()
    modules: dict[str, Source] = {}
    for name, spec in _loaded():
        if (source := _source(writer, name, spec)) is not None:
            modules[name] = source
    texts = {name: writer.add(marshal.dumps(one)) for name, one in store.new.items()}
    old = store.kept
    if old is not None:
        with suppress(ValueError):  # it is damaged
            for name, (path, time, size, package, piece) in old.modules.items():
                if name not in modules and _stamp(path) == (time, size):
                    again = None if piece is None else writer.add(old.data(piece))
                    modules[name] = path, time, size, package, again
            for name, piece in old.texts.items():
                if name not in texts:
                    texts[name] = writer.add(old.data(piece))
    writer.write(store.path, modules, texts, declared_in())


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


def _source(writer: Writer, name: str, spec: ModuleSpec) -> Source | None:
    if spec.origin is None or (stamp := _stamp(spec.origin)) is None:
        return None
    if not isinstance(spec.loader, SourceFileLoader):
        return spec.origin, *stamp, False, None
    try:
        found: CodeType | None = spec.loader.get_code(name)
    except (OSError, ImportError, SyntaxError):
        return None
    if found is None or stamp != _stamp(spec.origin):
        return None
    return spec.origin, *stamp, spec.submodule_search_locations is not None, writer.add(marshal.dumps(found))


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        info = os.stat(path)
    except OSError:
        return None
    return info.st_mtime_ns, info.st_size


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
    _everything()
    keep(store)


if __name__ == "__main__":
    main()
