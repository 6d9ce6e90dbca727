"""Registrar scripts: what DLLs say of themselves."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.cm.regfile import Change, SyntaxFault
from ring3k.cm.rgs import parse_rgs

ROOT = "\\Registry\\Machine\\SOFTWARE\\Classes"
SCRIPT = """
HKCR
{
    NoRemove CLSID
    {
        ForceRemove '{F414C260}' = s 'It''s a class'
        {
            InprocServer32 = s '%MODULE%' { val ThreadingModel = s 'Both' }
            Empty
        }
        NoRemove {c8b522cb-5cf3-11ce-ade5-00aa0044773d} { val Flags = d 0x10 }
    }
    Delete Old
    'Data' { val 'B' = b 00ff }
}
HKLM { SOFTWARE { val 'Hundred' = s '100%%' val 'Path' = e '%SystemRoot%' } }
"""


def wide(text: str) -> bytes:
    return (text + "\0").encode("utf-16-le")


def test_a_script() -> None:
    first, second = f"{ROOT}\\CLSID\\{{F414C260}}", f"{ROOT}\\CLSID\\{{c8b522cb-5cf3-11ce-ade5-00aa0044773d}}"
    assert list(parse_rgs(SCRIPT, {"MODULE": "C:\\a.dll"})) == [
        Change(f"{ROOT}\\CLSID", None, 0),
        Change(first, None, None),
        Change(first, None, 0),
        Change(first, "", 1, wide("It's a class")),
        Change(f"{first}\\InprocServer32", None, 0),
        Change(f"{first}\\InprocServer32", "", 1, wide("C:\\a.dll")),
        Change(f"{first}\\InprocServer32", "ThreadingModel", 1, wide("Both")),
        Change(f"{first}\\Empty", None, 0),
        Change(second, None, 0),
        Change(second, "Flags", 4, b"\x10\0\0\0"),
        Change(f"{ROOT}\\Old", None, None),
        Change(f"{ROOT}\\Data", None, 0),
        Change(f"{ROOT}\\Data", "B", 3, b"\0\xff"),
        Change("\\Registry\\Machine\\SOFTWARE", None, 0),
        Change("\\Registry\\Machine\\SOFTWARE", "Hundred", 1, wide("100%")),
        Change("\\Registry\\Machine\\SOFTWARE", "Path", 2, wide("%SystemRoot%")),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("HKCR", "no {"),
        ("HKCR {", "line 1: it ends where }"),
        ("HKXX { }", "is no key"),
        ("{ }", "'{' where a root key"),
        ("HKCR { x = z 'y' }", "'z' is no type"),
        ("HKCR { x = d y }", "'y' is no data of type d"),
        ("HKCR {\n val x = b 0 }", "line 2: '0' is no data of type b"),
        ("HKCR { 'x }", "a quotation mark"),
        ("HKCR { = }", "'=' where a name"),
        ("HKCR " + "{ x " * 100, "nested too deep"),
    ],
)
def test_scripts_that_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(SyntaxFault, match=complaint):
        list(parse_rgs(text, {}))


@given(st.text("HKCR{}'=svald %\n", max_size=60))
def test_any_text_is_understood_or_refused(text: str) -> None:
    with suppress(SyntaxFault):
        list(parse_rgs(text, {}))
