"""A system that is made ahead is used for a run like the one before, and for no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ring3k.cli.spare import Spare
from ring3k.engine.protocol import EngineError
from ring3k.userland.folder import MachineFolder


class Made:
    """What stands for a system."""

    def __init__(self, ahead: bool) -> None:
        self.ahead = ahead
        self.closed = False
        self.is_fresh = True
        self.like: Made | None = None

    def get_ready(self, last: Made) -> None:
        self.like = last

    def look_ahead(self, last: Made) -> None:
        assert last is self.like

    def close(self) -> None:
        self.closed = True


def make(ahead: bool) -> Any:
    return Made(ahead)


def test_like_the_last(tmp_path: Path) -> None:
    spare, paths = Spare(), (str(tmp_path),)
    spare.prepare()  # nobody has asked yet
    first: Any = spare.take(("a",), paths, make)
    assert not first.ahead
    spare.prepare()
    spare.look_ahead()
    second: Any = spare.take(("a",), paths, make)
    assert (second.ahead, second.like) == (True, first)
    third: Any = spare.take(("a",), paths, make)
    assert third is not second
    assert not third.ahead


def test_another_run(tmp_path: Path) -> None:
    spare, paths = Spare(), (str(tmp_path),)
    made: list[Any] = []

    def remembered(ahead: bool) -> Any:
        made.append(make(ahead))
        return made[-1]

    spare.take(("a",), paths, remembered)
    spare.prepare()
    other: Any = spare.take(("b",), paths, make)
    assert not other.ahead
    assert made[1].ahead
    assert made[1].closed


def test_one_that_is_stale(tmp_path: Path) -> None:
    spare, made = Spare(), []

    def remembered(ahead: bool) -> Any:
        made.append(make(ahead))
        return made[-1]

    spare.take((), (), remembered)
    spare.prepare()
    made[1].is_fresh = False
    other: Any = spare.take((), (), remembered)
    assert not other.ahead
    assert made[1].closed


def test_files_that_are_different(tmp_path: Path) -> None:
    settings, folder = tmp_path / "settings", tmp_path / "folder"
    settings.write_text("a")
    folder.mkdir()
    spare, paths = Spare(), (str(settings), str(folder))

    def ahead() -> bool:
        taken: Any = spare.take((), paths, make)
        spare.prepare()
        return bool(taken.ahead)

    assert not ahead()
    (folder / "new").touch()  # what is in a folder is looked at by the run
    assert ahead()
    settings.write_text("ab")
    assert not ahead()
    folder.rename(tmp_path / "away")
    assert not ahead()
    folder.mkdir()
    assert not ahead()
    assert ahead()


def test_what_cannot_be_made_ahead(tmp_path: Path) -> None:
    spare = Spare()

    def fails(ahead: bool) -> Any:
        if ahead:
            raise EngineError("no")
        return make(ahead)

    for paths in ((str(tmp_path),), ("relative",)):
        for _ in range(2):
            taken: Any = spare.take((), paths, fails)
            assert not taken.ahead
            spare.prepare()


def test_a_machine_folder_is_not_made_ahead(tmp_path: Path) -> None:
    from ring3k.abi.version import version_of

    folder = MachineFolder(str(tmp_path / "pc"), makes=False)
    folder.keep("facts", 1)
    assert folder.settings == {}
    with pytest.raises(FileNotFoundError):
        folder.drive_c(version_of("nt51"))
    assert not (tmp_path / "pc").exists()
