"""Waiting for changes: those made here, and those of another kernel."""

from __future__ import annotations

from pathlib import Path

from ring3k.abi.status import STATUS_NOTIFY_CLEANUP, STATUS_NOTIFY_ENUM_DIR
from ring3k.abi.structs.cm import REG_NOTIFY_CHANGE_LAST_SET, REG_NOTIFY_CHANGE_NAME
from ring3k.abi.version import version_of
from ring3k.cm.notify import LOOK_EVERY, Request, Watch, Watching
from ring3k.cm.open import open_registry
from ring3k.sched.clock import VirtualClock
from ring3k.sched.scheduler import Scheduler


def test_changes_here() -> None:
    scheduler = Scheduler(VirtualClock())
    registry = open_registry(None, version_of("nt51"))
    watching = Watching(registry, scheduler)
    top = registry.ensure(registry.root, "MACHINE\\SOFTWARE\\top")
    below = registry.ensure(top, "below")
    tree = Watch(watching, top, REG_NOTIFY_CHANGE_LAST_SET, True)
    names = Watch(watching, top, REG_NOTIFY_CHANGE_NAME, False)
    done: list[tuple[str, int]] = []
    tree.add(Request(lambda status: done.append(("tree", status))))
    names.add(Request(lambda status: done.append(("names", status))))
    registry.create(below, "deep")
    assert done == []
    registry.set_value(below, "v", 1, b"")
    assert done == [("tree", STATUS_NOTIFY_ENUM_DIR)]
    registry.create(top, "other")
    assert done[1:] == [("names", STATUS_NOTIFY_ENUM_DIR)]
    registry.set_value(top, "v", 1, b"")
    assert tree.missed
    names.add(Request(lambda status: done.append(("names", status))))
    names.close()
    assert done[2:] == [("names", STATUS_NOTIFY_CLEANUP)]
    tree.close()
    assert not top.watchers
    assert scheduler.next_due() is None  # nobody else can change what is in memory


def test_changes_of_another_kernel(tmp_path: Path) -> None:
    clock = VirtualClock()
    scheduler = Scheduler(clock)
    path = str(tmp_path / "registry.db")
    here, there = (open_registry(path, version_of("nt51")) for _ in range(2))
    top = here.ensure(here.root, "MACHINE\\SOFTWARE\\top")
    other = there.find(there.root, "MACHINE\\SOFTWARE\\top")
    assert other is not None
    watch = Watch(Watching(here, scheduler), here.fresh(top), REG_NOTIFY_CHANGE_LAST_SET, False)
    done: list[int] = []
    watch.add(Request(done.append))
    clock.advance(LOOK_EVERY)
    scheduler.run_alarms()
    assert done == []
    there.set_value(other, "v", 1, b"")
    clock.advance(LOOK_EVERY)
    scheduler.run_alarms()
    assert done == [STATUS_NOTIFY_ENUM_DIR]
    there.set_value(other, "v", 1, b"x")
    here.fresh(top)  # noticed on the way to something else: it is not lost
    assert watch.missed
    watch.close()
    clock.advance(LOOK_EVERY)
    scheduler.run_alarms()
    assert scheduler.next_due() is None
    here.close()
    there.close()
