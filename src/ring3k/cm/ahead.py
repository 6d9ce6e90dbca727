"""A machine's registry opened ahead, while there is time: looked at, until somebody needs it."""

from __future__ import annotations

from collections.abc import Callable

from ring3k.abi.version import Version
from ring3k.cm.open import describe, registry_in, start
from ring3k.cm.registry import Registry
from ring3k.cm.sqlite_reader import Reader, open_reader
from ring3k.cm.sqlite_store import Store
from ring3k.cm.store import ROOT, StoreError
from ring3k.cm.view import View


class Ahead(View):
    """A registry that is only looked at so far."""

    store: Reader


def open_ahead(path: str, version: Version, now: Callable[[], int]) -> Ahead:
    """The registry in a file that has been used before, to be looked at until ``begin``.  StoreError."""
    reader = open_reader(path)
    try:
        root = reader.key(ROOT)
        view = Ahead(reader, root, now) if root is not None else None
        if view is None or view.child(view.root, "MACHINE") is None:
            raise StoreError(f"{path}: empty")
        describe(view, version)
    except BaseException:
        reader.close()
        raise
    return view


def begin(view: Ahead, version: Version) -> Registry:
    """Use one that was opened ahead; the view is of no use from then on.  StoreError."""
    store = Store.begin(view.store)
    registry = registry_in(store, version, view.now, view)
    try:
        if store.taken_over:
            registry.doubt()
        start(registry)
    except BaseException:
        registry.close()
        raise
    return registry
