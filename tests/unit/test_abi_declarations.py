"""Every call of Windows 2000 and XP is declared once, typed, and as long as its stub says."""

from __future__ import annotations

from pathlib import Path

import pytest

from ring3k.abi.call import CallSet, Declaration
from ring3k.abi.tables import VERSIONS, table
from ring3k.abi.types import Parameter, Scalar
from ring3k.calls import all_calls
from ring3k.userland import wine
from ring3k.userland.choice import make_userland
from ring3k.userland.wine_functions import HostFunctions


@pytest.fixture(scope="module")
def calls() -> CallSet:
    return all_calls()  # TypeError if a call is declared twice


@pytest.mark.parametrize("version", VERSIONS)
def test_every_call_is_declared(calls: CallSet, version: str) -> None:
    assert [name for name in table(version) if name not in calls] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_argument_words_agree_with_the_stubs(calls: CallSet, version: str) -> None:
    words = table(version).words
    wrong = {
        n: (calls[n].words, words[n]) for n in table(version) if n in calls and calls[n].words != words[n]
    }
    assert wrong == {}


def test_nothing_is_declared_that_no_version_has(calls: CallSet) -> None:
    known = {name for version in VERSIONS for name in table(version)}
    later = set(calls) - known
    if wine.find() is None:
        pytest.skip("later calls are read out of Wine's ntdll, which is not here")
    userland = make_userland("wine")
    assert isinstance(userland, wine.Wine)
    numbers = userland.numbers
    HostFunctions(str(Path(userland.folder) / wine.GRAPHICS), numbers, 0).known()
    assert sorted(later - set(numbers)) == []
    stubs = {name: words for name, words in numbers.words.items() if name in later and name.startswith("Nt")}
    assert {name: calls[name].words for name in stubs} == stubs


def test_every_decoder_compiles(calls: CallSet) -> None:
    for declaration in calls.values():
        assert callable(declaration.decoder()), declaration.name


def test_every_call_says_what_it_does(calls: CallSet) -> None:
    assert [d.name for d in calls.values() if not d.doc] == []
    assert [d.name for d in calls.values() if d.support.value == "partial" and not d.note] == []


def rights_of(declaration: Declaration) -> list[Parameter]:
    return [p for p in declaration.parameters if isinstance(p.codec, Scalar) and p.codec.style == "access"]


def test_masks_name_their_type(calls: CallSet) -> None:
    """A trace can name EVENT_MODIFY_STATE only if the declaration says that an event is meant."""
    general = {"NtDuplicateObject"}  # any type
    unnamed = [
        d.name
        for d in calls.values()
        if d.name.startswith(("NtCreate", "NtOpen")) and d.name not in general
        for p in rights_of(d)
        if p.kind == "value" and not p.codec.access and "Audit" not in d.name
    ]
    assert unnamed == []


def test_information_classes_are_named(calls: CallSet) -> None:
    plain = [
        f"{d.name}: {p.name}"
        for d in calls.values()
        for p in d.parameters
        if p.name.endswith("information_class") and not p.codec.values
    ]
    assert plain == []
