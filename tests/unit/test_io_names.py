"""Names of files: paths, the host's form, case, 8.3 names, and wildcards against a naive matcher."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ring3k.abi.status import STATUS_OBJECT_NAME_INVALID, NtError
from ring3k.abi.upcase import upcase
from ring3k.io.disk import names
from ring3k.io.disk.names import (
    Pattern,
    from_host,
    is_short,
    pattern_of,
    short_kinds,
    short_name,
    split_path,
    to_host,
)

UNITS = st.text(st.characters(codec=None), min_size=1, max_size=60)


def naive(pattern: str, name: str) -> bool:
    """FsRtlIsNameInExpression as the DDK's words have it, trying everything."""
    last_dot = name.rfind(".")

    @cache
    def match(p: int, n: int) -> bool:
        if p == len(pattern):
            return n == len(name)
        c, more = pattern[p], n < len(name)
        if c == "*":
            return match(p + 1, n) or (more and match(p, n + 1))
        if c == "<":
            return match(p + 1, n) or (more and n != last_dot and match(p, n + 1))
        if c == "?":
            return more and match(p + 1, n + 1)
        if c == ">":
            if more and n != last_dot and match(p + 1, n + 1):
                return True
            return (not more or name[n] == ".") and match(p + 1, n)
        if c == '"':
            return (more and name[n] == "." and match(p + 1, n + 1)) or (not more and match(p + 1, n))
        return more and name[n] == c and match(p + 1, n + 1)

    return match(0, 0)


@settings(max_examples=800)
@given(st.text('AB.*?<>"', min_size=1, max_size=9), st.text("AB.", min_size=1, max_size=9))
def test_wildcards_match_as_a_naive_matcher_does(pattern: str, name: str) -> None:
    assert Pattern(pattern).matches(name) == naive(pattern, name)


def test_no_pattern_takes_long() -> None:
    """A matcher that goes back and tries again would be at this until the end of time."""
    assert not pattern_of("*A" * 200 + "B").matches("A" * 255)
    assert not pattern_of("<" * 300 + "B").matches("A." * 127)


@pytest.mark.parametrize("text", ["", "A|B", "A\\B", "A/B", "A:B", "A\0", "*" * (names.MAX_PATTERN + 1)])
def test_patterns_that_nothing_matches_are_refused(text: str) -> None:
    with pytest.raises(NtError) as caught:
        pattern_of(text)
    assert caught.value.status == STATUS_OBJECT_NAME_INVALID


@given(UNITS)
def test_names_go_to_the_host_and_back(name: str) -> None:
    """Every sequence of UTF-16 units that NT allows, lone surrogates too, has its own host name."""
    name = name.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    if names.valid(name):
        assert from_host(os.fsdecode(to_host(name))) == name


@given(st.binary(min_size=1, max_size=40))
def test_what_the_host_has_is_hidden_or_comes_back(raw: bytes) -> None:
    name = from_host(os.fsdecode(raw))
    if name is not None:
        assert os.fsencode(to_host(name)) == raw
        assert names.valid(name)


@given(UNITS)
def test_upper_case_is_one_for_one(name: str) -> None:
    up = upcase(name)
    assert len(up) == len(name)
    assert upcase(up) == up
    for before, after in zip(name, up, strict=True):  # what looks like ASCII to the host was ASCII before
        assert before == after or (ord(before) < 0x80) == (ord(after) < 0x80)


@given(st.lists(st.text("AB. ~é\x7f", min_size=1, max_size=14), min_size=1, max_size=12, unique=True))
def test_every_long_name_has_a_short_one_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, long: list[str]
) -> None:
    from ring3k.io.disk.folder import OPEN, Folder

    path = tmp_path_factory.mktemp("short")
    made = {upcase(name): name for name in long if names.valid(name)}
    for name in made.values():
        (path / name).touch()
    folder = Folder(os.open(path, OPEN), (0, 0))
    seen = {name.upper() for name in made.values() if is_short(name)}
    for name in made.values():
        short = folder.short(name)
        assert bool(short) != is_short(name)
        if short:
            assert is_short(short)
            assert short not in seen
            seen.add(short)
            assert folder.find(short.lower()) == [name]
    folder.close()


@given(UNITS, st.integers(1, 40))
def test_short_names_are_short(name: str, number: int) -> None:
    for kind in short_kinds(name):
        assert is_short(short_name(kind, number))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("\\a\\b", (["a", "b"], "", False)),
        ("a\\b\\", (["a", "b"], "", True)),
        ("\\", ([], "", True)),
        ("\\a:s", (["a"], "s", False)),
        ("\\a:s:$DATA", (["a"], "s", False)),
        ("\\a::$data", (["a"], "", False)),
        (":s", ([], "s", False)),
    ],
)
def test_paths_are_taken_apart(path: str, expected: tuple[list[str], str, bool]) -> None:
    found = split_path(path)
    assert (found.names, found.stream, found.folder_only) == expected


@settings(max_examples=200)
@given(st.text(st.characters(codec=None) | st.sampled_from('\\/:.*"\0 '), max_size=30))
def test_no_path_has_a_piece_that_means_something_to_the_host(text: str) -> None:
    try:
        found = split_path(text)
    except NtError:
        return
    for name in found.names:
        host = os.fsencode(to_host(name))
        assert b"/" not in host
        assert b"\0" not in host
        assert host not in (b"", b".", b"..")


def test_the_index_of_a_folder_is_true(tmp_path: Path) -> None:
    """Also within a tick of the host's clock, in which two changes look like one."""
    from ring3k.io.disk.folder import OPEN, Folder

    folder = Folder(os.open(tmp_path, OPEN), (0, 0))
    for number in range(300):
        name = f"Name{number}"
        assert folder.find(name.lower()) == []
        (tmp_path / name).touch()
        folder.entered(name)
        assert folder.find(name.upper()) == [name]
    for number in range(0, 300, 2):
        (tmp_path / f"Name{number}").unlink()
        folder.left(f"Name{number}")
    assert folder.names() == sorted((f"Name{n}" for n in range(1, 300, 2)), key=str.upper)
    os.utime(tmp_path, ns=(1, 10**18))  # long ago: what is listed now is sure
    assert folder.find("name1") == ["Name1"]
    (tmp_path / "other").touch()  # by somebody else
    assert folder.find("OTHER") == ["other"]
    (tmp_path / "NAME1").touch()
    assert folder.find("name1") == ["NAME1", "Name1"]
    folder.close()
