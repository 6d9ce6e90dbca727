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
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from types import CodeType

from ring3k import compiled
from ring3k.abi.call import Form
from ring3k.abi.decoder import form_of
from ring3k.calls import LateCalls, declared_in
from ring3k.cli.lean import STRUCTURES, compile_lean, wanted_of
from ring3k.cli.needed import PROGRAM, Needed, watch
from ring3k.compiled import FORM, LIBRARY, PACKAGE, Kept, Piece, Source, Store, Text
from ring3k.typed import NamedTuple

_FROM_FILES = (SourceFileLoader, ExtensionFileLoader)
_LAYOUT = "fields of "
_IN_C = os.path.join(LIBRARY, "lib-dynload")


class Parts(NamedTuple):
    """What every run reads."""

    codes: tuple[CodeType, ...]  # of modules
    texts: dict[str, Text]
    made: dict[str, Form]  # decoders of calls, by their paths


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

    def write(self, path: str, parts: Parts, modules: dict[str, Source], texts: dict[str, Piece]) -> None:
        """Put it in the place of the old one, unless the folder is not ours or the disk is full."""
        early = {name: one for name, one in modules.items() if not isinstance(one[4], tuple)}
        calls = declared_in()
        made = {path.rpartition(".")[2]: path.rpartition(".")[0] for path in parts.made}
        rest = {name: one for name, one in modules.items() if name not in early}, texts, calls
        places = [self.add(marshal.dumps(part)) for part in (parts.codes, parts.texts, rest, parts.made)]
        index = marshal.dumps(((FORM, PACKAGE, LIBRARY), early, made, places))
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


def keep(store: Store, needed: Needed | None = None) -> None:
    """Write what is still good of the old file, and what this process has needed, if that may be written.

    ``needed``: what every run needs; as it was, or if there was no file, what this process has.
    """
    writer = Writer()
    old = store.kept
    before = _before(old) if old is not None else {}
    modules, codes = _modules()
    for name in before.keys() - modules.keys():
        modules[name], codes[name] = before[name]
    if needed is None and old is not None:
        needed = Needed(old.group(), tuple(old.ready()), tuple(old.made()))
    elif needed is None:
        needed = Needed(tuple(codes), tuple(store.new))
    together = [name for name in needed.modules if name in codes]
    current = all(modules[name][1] < store.begun for name in together)  # those that are loaded here
    made = _forms(needed.calls, together) if current else {}
    ready = {name: text for name in needed.texts if (text := _text(store, name)) is not None}
    texts = {name: writer.add(marshal.dumps(text)) for name, text in store.new.items() if name not in ready}
    numbers = {name: number for number, name in enumerate(together)}
    for name, code in codes.items():
        piece = numbers[name] if name in numbers else writer.add(marshal.dumps(code))
        modules[name] = *modules[name][:4], piece
    if old is not None:
        with suppress(ValueError):  # it is damaged
            _take_over(old, writer, modules, texts, ready)
    parts = Parts(_lean_codes(together, modules, codes, before, ready), ready, made)
    writer.write(store.path, parts, modules, texts)


def _modules() -> tuple[dict[str, Source], dict[str, CodeType]]:
    """Those of this process, with the code of their sources."""
    modules: dict[str, Source] = {}
    codes: dict[str, CodeType] = {}
    for name, spec in _loaded():
        if (found := _source(spec)) is not None:
            modules[name], code = found
            if code is not None:
                codes[name] = code
    return modules, codes


def _before(old: Kept) -> dict[str, tuple[Source, CodeType]]:
    """Modules that every run read, those that are as they were."""
    with suppress(*compiled._BAD):
        found = zip(old.group(), old.codes(), strict=True)
        kept = {name: (old.modules[name], code) for name, code in found}
        return {name: one for name, one in kept.items() if _stamp(one[0][0]) == one[0][1:3]}
    return {}


def _lean_codes(
    names: list[str],
    modules: dict[str, Source],
    codes: dict[str, CodeType],
    before: dict[str, tuple[Source, CodeType]],
    texts: Iterable[str],
) -> tuple[CodeType, ...]:
    ours = [name for name in names if name.startswith(compiled.OWN)]
    structures = {name for name in ours if name.startswith(f"{STRUCTURES}.")}
    wanted = _wanted([modules[name] for name in ours], texts) if structures - before.keys() else {}
    found = dict(codes)
    for name in ours:
        classes = wanted.get(name, ()) if name in structures else None
        found[name] = _lean(modules[name], codes[name], before.get(name), classes)
    return tuple(found[name] for name in names)


def _lean(
    source: Source, code: CodeType, before: tuple[Source, CodeType] | None, wanted: Collection[str] | None
) -> CodeType:
    """The code of a module of ours for the group.  ``wanted``: of its classes, if some are made later."""
    if before is not None and before[0][:3] == source[:3]:
        return before[1]
    try:
        with open(source[0], "rb") as file:
            found = compile_lean(file.read(), source[0], wanted)
    except (OSError, SyntaxError, ValueError):
        return code
    return found if _stamp(source[0]) == source[1:3] else code


def _wanted(modules: Iterable[Source], texts: Iterable[str]) -> dict[str, set[str]]:
    """By module, structures that others of the group take when they are read, or that runs lay out."""
    found = {text.removeprefix(_LAYOUT) for text in texts if text.startswith(_LAYOUT)}
    for path, *_ in modules:
        with suppress(OSError, SyntaxError, ValueError), open(path, "rb") as file:
            found.update(wanted_of(file.read(), STRUCTURES))
    wanted: dict[str, set[str]] = {}
    for name in found:
        module, _, one = name.rpartition(".")
        wanted.setdefault(module, set()).add(one)
    return wanted


def _forms(paths: Iterable[str], modules: Collection[str]) -> dict[str, Form]:
    """Of calls that are declared in these modules, what is made of their decoders."""
    calls, forms = LateCalls(), {}
    for path in paths:
        place, _, name = path.rpartition(".")
        declaration = calls.get(name) if place in modules else None
        if declaration is not None and declaration.path == path:
            forms[path] = form_of(declaration)
    return forms


def _text(store: Store, name: str) -> Text | None:
    found = store.new.get(name)
    return store.kept.text(name) if found is None and store.kept is not None else found


def _take_over(
    old: Kept, writer: Writer, modules: dict[str, Source], texts: dict[str, Piece], ready: Collection[str]
) -> None:
    """What is still good and not there yet.  ValueError."""
    for name, (path, time, size, package, piece) in old.rest()[0].items():
        if name not in modules and isinstance(piece, tuple) and _stamp(path) == (time, size):
            modules[name] = path, time, size, package, writer.add(old.data(piece))
    for name in (*old.rest()[1], *old.ready()):
        if name not in texts and name not in ready and (text := old.text(name)) is not None:
            texts[name] = writer.add(marshal.dumps(text))


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


def _what_runs_need() -> Needed:
    """Have it here, by running programs, and tell it; machines are set up first, as that needs more."""
    from ring3k.cli import options, run, setup, trial, userland  # noqa: F401
    from ring3k.userland import needs  # noqa: F401
    from ring3k.userland.folder import new_temporary, remove_tree

    machine = new_temporary()
    try:
        child = os.fork()
        if not child:
            try:
                trial.run_each_kind(PROGRAM, machine=machine)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        trial.run_each_kind(PROGRAM, machine=machine)
        return watch(machine)
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
    before, store.kept = store.kept, None
    needed = _what_runs_need()
    _everything()
    for name in store.asked - store.new.keys():  # before this began
        found = before.text(name) if before is not None else None
        if found is not None:
            store.new[name] = found
    keep(store, needed)


if __name__ == "__main__":
    main()
