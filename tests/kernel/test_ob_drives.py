"""Drive letters are remembered by the namespace, as long as nothing on the way to them changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ring3k import System
from ring3k.abi.status import STATUS_OBJECT_NAME_INVALID, NtError
from ring3k.abi.strings import OBJ_CASE_INSENSITIVE
from ring3k.engine.fake import FakeEngine
from ring3k.ob.namespace import Namespace, SymbolicLink
from ring3k.ob.object import Object
from ring3k.sched.clock import VirtualClock


class End(Object):
    """Says what it was asked."""

    type_name = "Device"

    def parse(self, t: Any, rest: str, attributes: int, context: Any) -> Any:
        return self, rest


@pytest.fixture
def namespace(tmp_path: Path) -> Iterator[Namespace]:
    with System(FakeEngine(VirtualClock()), machine=tmp_path) as system:
        yield system.kernel.part(Namespace)


def end(namespace: Namespace, name: str) -> End:
    made = End(namespace.kernel)
    namespace.insert(f"\\Device\\{name}", made)
    return made


def link(namespace: Namespace, letter: str, target: str) -> SymbolicLink:
    made = SymbolicLink(namespace.kernel, target)
    namespace.insert(f"\\??\\{letter}:", made)
    return made


def walk(namespace: Namespace, path: str, attributes: int = OBJ_CASE_INSENSITIVE) -> Any:
    """Twice, and once without what is remembered: the same."""
    found = []
    for remembers in (True, True, False):
        with pytest.MonkeyPatch.context() as patch:
            if not remembers:
                patch.setattr(Namespace, "_drive", lambda *_: None)
            try:
                found.append(tuple(namespace.walk(None, path, None, attributes)))
            except NtError as error:
                found.append((error.status,))
    assert found[0] == found[1] == found[2]
    return found[0][0]


def test_a_letter_means_what_it_means_now(namespace: Namespace) -> None:
    one, two = end(namespace, "One"), end(namespace, "Two")
    letter = link(namespace, "X", "\\Device\\One")
    assert walk(namespace, "\\??\\X:\\a\\b") == (one, "\\a\\b")
    assert walk(namespace, "\\??\\x:\\") == (one, "\\")
    assert walk(namespace, "\\??\\X:") == (one, "")
    letter.make_temporary()
    other = link(namespace, "X", "\\Device\\Two")
    assert walk(namespace, "\\??\\X:\\a") == (two, "\\a")
    two.make_temporary()
    missing = walk(namespace, "\\??\\X:\\a")
    assert isinstance(missing, int)
    other.make_temporary()
    assert isinstance(walk(namespace, "\\??\\X:\\a"), int)


def test_a_letter_of_a_letter(namespace: Namespace) -> None:
    one = end(namespace, "One")
    link(namespace, "X", "\\Device\\One")
    link(namespace, "Y", "\\??\\X:")
    assert walk(namespace, "\\??\\Y:\\a") == (one, "\\a")
    assert isinstance(walk(namespace, "\\??\\y:\\a", 0), int)


@pytest.mark.parametrize(
    "target", ["\\Device\\One\\below", "\\Device", "\\", "\\??\\X:", "Device\\One", "\\nothing"]
)
def test_what_is_no_device_is_walked(namespace: Namespace, target: str) -> None:
    one = end(namespace, "One")
    link(namespace, "X", target)
    found = walk(namespace, "\\??\\X:\\a")
    assert found == (one, "\\below\\a") or found is None or isinstance(found, int)
    if target == "\\??\\X:":
        assert found == STATUS_OBJECT_NAME_INVALID  # round and round
