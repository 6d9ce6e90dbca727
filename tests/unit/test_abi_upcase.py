"""Upper case as NT has it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.upcase import upcase

UNITS = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=()))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Straße", "STRAßE"),  # nothing gets longer
        ("ıſ", "ıſ"),  # nothing becomes ASCII
        ("µ", "µ"),
        ("ÿé", "ŸÉ"),
        ("σς", "Σς"),
        ("ᾀ", "ᾈ"),
        ("ǆǅ", "Ǆǅ"),
        ("ა", "ა"),  # upper case that Unicode took in later
        ("\U00010428", "\U00010428"),  # two surrogates
    ],
)
def test_known_letters(name: str, wanted: str) -> None:
    assert upcase(name) == wanted


@given(UNITS)
def test_unit_by_unit(name: str) -> None:
    up = upcase(name)
    assert len(up) == len(name)
    assert upcase(up) == up
    assert "".join(map(upcase, name)) == up
