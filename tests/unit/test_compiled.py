"""The file of what Python has compiled: found again, refused when anything about it is not as it was."""

from __future__ import annotations

import builtins
import json
import os
import subprocess
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import ring3k
from ring3k import compiled
from ring3k.calls import LateCalls
from ring3k.cli.keep import keep
from ring3k.cli.needed import Needed, watch
from ring3k.compiled import Finder, Kept, ShortImports, Store

SLOW = {"argparse", "datetime", "enum", "importlib", "inspect", "re", "subprocess", "typing", "warnings"}
TEXT = "def f():\n    return 42"


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A file with one generated piece and whatever modules are loaded."""
    import_module("ring3k.abi.status")
    store = Store(str(tmp_path / "kept"))
    store.code(TEXT, "f of test", "exec")
    keep(store)
    return store.path


def made(store: Store, text: str = TEXT) -> object:
    scope: dict[str, object] = {}
    exec(store.code(text, "f of test", "exec"), scope)
    return scope["f"]()  # type: ignore[operator]


def test_generated_code_is_found_again(path: str) -> None:
    store = Store(path)
    assert made(store) == 42
    assert not store.new


def test_other_text_is_compiled(path: str) -> None:
    store = Store(path)
    assert made(store, TEXT.replace("42", "43")) == 43
    assert store.new
    keep(store)
    assert made(Store(path), TEXT.replace("42", "43")) == 43


def test_modules_are_found_with_their_code(path: str) -> None:
    kept = Kept(path)
    spec = Finder(kept, True).find_spec("ring3k.abi.status")
    assert spec is not None
    assert isinstance(spec.loader, compiled.Loader)
    assert spec.origin == compiled.PACKAGE + "/abi/status.py"
    ordinary = SourceFileLoader("ring3k.abi.status", spec.origin)
    assert spec.loader.get_code("ring3k.abi.status") == ordinary.get_code("ring3k.abi.status")
    assert Finder(kept, False).find_spec("enum") is None
    assert Finder(kept, True).find_spec("there.is.none") is None


def test_a_changed_source_counts(path: str, tmp_path: Path) -> None:
    kept = Kept(path)
    source = tmp_path / "status.py"
    source.write_text("")
    info = os.stat(source)
    _, time, size, package, piece = kept.modules["ring3k.abi.status"]
    finder = Finder(kept, True)
    for stamp, found in (
        ((info.st_mtime_ns, info.st_size), True),
        ((time, info.st_size), False),
        ((info.st_mtime_ns, size), False),
    ):
        kept.modules["ring3k.abi.status"] = str(source), *stamp, package, piece
        assert (finder.find_spec("ring3k.abi.status") is not None) == found
    source.unlink()
    assert finder.find_spec("ring3k.abi.status") is None


def test_a_damaged_file_does_no_harm(path: str) -> None:
    good = Path(path).read_bytes()
    index = int.from_bytes(good[:8], "little")
    for at in (0, 7, 9, 17, 30, 24 + index // 2, 23 + index):
        Path(path).write_bytes(good[:at] + bytes([good[at] ^ 0x55]) + good[at + 1 :])
        assert Store(path).kept is None
        assert made(Store(path)) == 42
    for length in (0, 5, 15, 24, 100, 24 + index - 1, len(good) - 1):
        Path(path).write_bytes(good[:length])
        assert Store(path).kept is None
    Path(path).write_bytes(good[: 24 + index] + bytes(len(good) - 24 - index))
    store = Store(path)
    assert store.kept is not None
    assert made(store) == 42
    assert store.new
    spec = Finder(store.kept, True).find_spec("ring3k.abi.status")
    assert spec is not None
    assert isinstance(spec.loader, compiled.Loader)
    assert spec.loader.get_code("ring3k.abi.status") is not None  # from Python's own file
    keep(store)
    again = Store(path)
    assert made(again) == 42
    assert not again.new


def test_a_file_of_another_place_is_none_of_ours(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "PACKAGE", "/somewhere/else/ring3k")
    assert Store(path).kept is None


def test_a_folder_that_cannot_be_written(path: str, tmp_path: Path) -> None:
    store = Store(path)
    store.path = "/proc/none/kept"
    keep(store)
    assert os.listdir(tmp_path) == ["kept"]


def test_a_run_writes_only_what_it_had_to_compile_and_where_it_can(path: str) -> None:
    store = Store(path)
    made(store)
    assert not store.new
    made(store, TEXT.replace("42", "43"))
    assert store.lacks()
    store.path = "/proc/self/kept"
    assert os.getuid() == 0 or not store.lacks()


def test_files_that_are_no_good_are_closed(path: str) -> None:
    Path(path).write_bytes(bytes(100))
    before = os.listdir("/proc/self/fd")
    assert Store(path).kept is None
    assert os.listdir("/proc/self/fd") == before


def test_the_index_tells_where_calls_are_declared(path: str) -> None:
    kept = Kept(path)
    assert kept.declares("NtClose") == "ring3k.ob.syscalls"
    assert kept.declares("NtNoSuchCall") is None
    calls = LateCalls()
    found = calls.get("NtClose")
    assert found is not None
    assert calls.get("NtNoSuchCall") is None


GROUP_RUN = """
import json, sys
from ring3k.compiled import store
store().find_modules()
group, before = store().kept.group(), set(sys.modules)
change = sys.argv[1]
if change:
    path, time, *rest = store().kept.modules[change]
    store().kept.modules[change] = path, time + 1, *rest
store().read_group()
read = [name for name in group if name in sys.modules]
import ring3k.ob.syscalls
from ring3k.compiled import made
path = "ring3k.ob.syscalls.NtClose"
assert store().whole is (not change) is (made(path) is not None)
assert ring3k.ob.syscalls.NtClose.__nt_call__.decoder().words == 1
assert (f"decoder of {path}" in store().asked) is bool(change)
print(json.dumps([group, read, sys.modules["ring3k.ob.handles"].__file__]))
"""


def group_read(changed: str = "") -> tuple[list[str], list[str]]:
    """The modules of every run, and those of them that are there when they have been read."""
    command = [sys.executable, "-P", "-c", GROUP_RUN, changed]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    group, read, place = json.loads(told.stdout)
    assert place == compiled.PACKAGE + "/ob/handles.py"
    return group, read


@pytest.mark.skipif(Store().kept is None, reason="set-up has kept nothing")
def test_what_every_run_needs_is_read_in_one_go() -> None:
    group, read = group_read()
    assert read == group
    assert group.index("ring3k.ob.object") < group.index("ring3k.ob.handles") < group.index("ring3k.machine")


@pytest.mark.skipif(Store().kept is None, reason="set-up has kept nothing")
def test_a_changed_module_ends_it() -> None:
    """What follows is for those who import it, with the new source."""
    group_read("ring3k.typed")  # which is read before
    group, read = group_read("ring3k.machine")
    assert "ring3k.machine" not in read
    assert set(group[: group.index("ring3k.machine")]) <= set(read)


def test_imports_are_short_only_of_whole_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    half = ModuleType("half")
    half.__spec__ = ModuleSpec("half", None)
    vars(half.__spec__)["_initializing"] = True
    whole = ModuleType("whole")
    for module in (half, whole):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    asked = []
    python = builtins.__import__

    def noted(name: str, *rest: Any) -> ModuleType:
        asked.append(name)
        return python(name, *rest)

    monkeypatch.setattr(builtins, "__import__", noted)
    with ShortImports():
        for name in ("whole", "half", "ring3k.abi", "os"):
            assert __import__(name, fromlist=("x",)) is sys.modules[name]
        assert __import__("ring3k.abi.status").__name__ == "ring3k"
        assert __import__("cli", vars(ring3k), None, ("x",), 1).__name__ == "ring3k.cli"
        with pytest.raises(ModuleNotFoundError):
            __import__("there.is.none", fromlist=["x"])
    assert builtins.__import__ is noted
    assert asked == ["half", "ring3k.abi", "ring3k.abi.status", "cli", "there.is.none"]


@pytest.mark.parametrize("place", ["ring3k.no.such_module", "ring3k.ob.syscalls_wait"])
def test_calls_are_found_where_the_index_is_old(
    path: str, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    store = Store(path)
    assert store.kept is not None
    store.kept.rest()[2]["NtClose"] = place
    monkeypatch.setattr(compiled, "_stores", [store])
    found = LateCalls().get("NtClose")
    assert found is not None
    assert found.handler.__module__ == "ring3k.ob.syscalls"


def test_what_set_up_keeps_is_all_that_an_import_needs(tmp_path: Path) -> None:
    file = str(tmp_path / "kept")
    run = (
        "import sys; from ring3k import compiled; compiled._stores.append(compiled.Store(sys.argv[1]))\n"
        "store = compiled.store(); store.find_modules()\n"
    )
    subprocess.run([sys.executable, "-c", run + "from ring3k.cli import keep; keep.main()", file], check=True)
    use = run + (
        "import ring3k.system, ring3k.io.syscalls as s\n"
        "s.NtOpenFile.__nt_call__.decoder()\n"
        "assert type(ring3k.system.__loader__) is compiled.Loader\n"
        "print(store.lacks())"
    )
    done = subprocess.run([sys.executable, "-c", use, file], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


def test_a_watched_run_tells_what_it_needs(tmp_path: Path) -> None:
    watch(str(tmp_path))  # sets the machine up
    needed = watch(str(tmp_path))
    assert needed.modules.index("ring3k.abi.structs.mm") < needed.modules.index("ring3k.mm.protection")
    assert len(set(needed.modules)) == len(needed.modules)
    assert "ring3k.ob.syscalls.NtClose" in needed.calls
    assert "tuple of 2" in needed.texts
    assert not {"ring3k.cli.needed", "ring3k.cli.trial", *SLOW} & set(needed.modules)
    assert watch("/proc/none") == Needed((), ())


def test_what_every_run_needs_stands_together(path: str) -> None:
    store = Store(path)
    store.code("1", "one of test", "eval")
    keep(store, Needed(["ring3k.compiled", "ring3k.abi.status"], ["one of test"]))
    again = Store(path)
    assert again.kept is not None
    assert again.kept.group() == ["ring3k.compiled", "ring3k.abi.status"]
    assert list(again.kept.ready()) == ["one of test"]
    assert made(again) == 42
    assert eval(again.code("1", "one of test", "eval")) == 1
    assert not again.new
    assert again.asked == {"f of test", "one of test"}
    keep(again)
    assert Kept(path).group() == ["ring3k.compiled", "ring3k.abi.status"]
    keep(Store(f"{path}-none"), Needed((), ()))  # where no run could be watched
    assert Kept(f"{path}-none").group() == []
    assert Finder(Kept(f"{path}-none"), True).find_spec("ring3k.abi.status") is not None
    assert list(Kept(path).ready()) == ["one of test"]


def test_what_is_made_of_modules_is_kept_unless_they_changed_since(path: str) -> None:
    call = "ring3k.ob.syscalls.NtClose"
    import_module("ring3k.ob.syscalls")
    needed = Needed(["ring3k.abi.status", "ring3k.ob.syscalls"], [], [call, "ring3k.cm.syscalls.NtOpenKey"])
    for begun, kept in ((0, []), (Store().begun, [call])):
        store = Store(path)
        store.begun = begun
        keep(store, needed)
        assert list(Kept(path).made()) == kept
    keep(Store(path))
    assert list(Kept(path).made()) == [call]
