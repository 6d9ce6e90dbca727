"""Registry files as text: .reg and INF, read and written, applied and refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.version import version_of
from ring3k.cm.apply import apply
from ring3k.cm.inf import is_inf, parse_inf
from ring3k.cm.open import open_registry
from ring3k.cm.regfile import (
    HEAD4,
    HEAD5,
    Change,
    SyntaxFault,
    decode,
    dos_path,
    key_line,
    nt_path,
    parse,
    value_line,
)

TOP = "\\Registry\\Machine\\SOFTWARE\\x"


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def test_a_file_in_the_new_format() -> None:
    text = f"""{HEAD5}\r
\r
; a comment
[HKEY_LOCAL_MACHINE\\SOFTWARE\\x]\r
@="default"
"path"="C:\\\\dir\\\\\\"quoted\\""
"number"=dword:0000abcd
"bytes"=hex:01,02,\\
  03,04
"expand"=hex(2):41,00,00,00
"strings"=str(7):"a\\0b\\0"
"odd"=hex(12345678):
"gone"=-
[-HKCU\\Software\\y]
"""
    changes = list(parse(decode(text.encode("utf-16"))))
    assert changes == [
        Change(TOP, None, 0),
        Change(TOP, "", 1, wide("default\0")),
        Change(TOP, "path", 1, wide('C:\\dir\\"quoted"\0')),
        Change(TOP, "number", 4, b"\xcd\xab\0\0"),
        Change(TOP, "bytes", 3, b"\1\2\3\4"),
        Change(TOP, "expand", 2, wide("A\0")),
        Change(TOP, "strings", 7, wide("a\0b\0\0")),
        Change(TOP, "odd", 0x12345678, b""),
        Change(TOP, "gone", None),
        Change("\\Registry\\User\\.DEFAULT\\Software\\y", None, None),
    ]


def test_the_old_format_has_strings_of_bytes() -> None:
    changes = list(parse(decode(f'{HEAD4}\n[HKLM\\SOFTWARE\\x]\n"e"=hex(2):e4,00\n"b"=hex:e4,00\n'.encode())))
    assert changes[1:] == [Change(TOP, "e", 2, wide("ä\0")), Change(TOP, "b", 3, b"\xe4\0")]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("[HKXX\\a]", "is no key"),
        ("[HKLM\\a", "no ] at its end"),
        ('"name"', "no = behind the name"),
        ('"name', "a quotation mark is missing"),
        ('"name"=1', "is no data"),
        ('"name"=dword:xyz', "is no number"),
        ('"name"=hex:100', "is no number"),
        ('"name"="text" and more', "is too much"),
        ("nothing", "neither a key nor a value"),
    ],
)
def test_lines_that_are_none(line: str, complaint: str) -> None:
    with pytest.raises(SyntaxFault, match=f"^line 3: .*{complaint}"):
        list(parse(f"{HEAD5}\n[HKLM\\SOFTWARE]\n{line}\n"))


def test_a_file_must_say_what_it_is() -> None:
    with pytest.raises(SyntaxFault, match="line 1"):
        list(parse("[HKLM\\SOFTWARE]\n"))
    with pytest.raises(SyntaxFault, match="no key before it"):
        list(parse(f'{HEAD5}\n"a"="b"\n'))


_BREAKS = "\0\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


@given(
    st.text(st.characters(codec="utf-8", exclude_characters=_BREAKS)),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=200),
)
def test_what_is_written_is_read(name: str, kind: int, data: bytes) -> None:
    text = HEAD5 + "\n" + key_line(TOP) + value_line(name, kind, data)
    assert list(parse(text)) == [Change(TOP, None, 0), Change(TOP, name, kind, data)]


@given(st.text(max_size=30))
def test_strings_are_written_as_strings_where_they_can_be(value: str) -> None:
    data = (value + "\0").encode("utf-16-le", "surrogatepass")
    line = value_line("v", 1, data)
    assert list(parse(f"{HEAD5}\n[HKLM\\SOFTWARE\\x]\n{line}"))[1].data == data
    assert line.startswith('"v"="') == value.isprintable()
    assert all(len(one) <= 80 for one in line.splitlines()) or value.isprintable()


def test_paths() -> None:
    assert nt_path("hklm\\Software") == "\\Registry\\Machine\\Software"
    assert nt_path("HKEY_USERS") == "\\Registry\\User"
    assert nt_path("\\registry\\machine\\x\\") == "\\registry\\machine\\x"
    assert dos_path("\\REGISTRY\\MACHINE\\SOFTWARE") == "HKEY_LOCAL_MACHINE\\SOFTWARE"
    assert dos_path("\\REGISTRY\\USER") == "HKEY_USERS"


INF = '''\
; a driver's
[Version]
Signature="$Windows NT$"
[DefaultInstall]
AddReg=Add.Keys, \\
  More
DelReg=Del
CopyFiles=Nothing
[Add.Keys]
HKLM,"SOFTWARE\\x",,,"%text%, ""quoted"""   ; a comment; with "marks"
HKLM,SOFTWARE\\x,number,0x00010001,0x10
HKLM,SOFTWARE\\x,bytes,1,01,0a,\\
 ff
HKLM,SOFTWARE\\x,strings,0x10000,a,"b c"
HKLM,SOFTWARE\\x,expand,0x20000,%%SystemRoot%%
HKLM,SOFTWARE\\x\\only
[More]
HKLM,SOFTWARE\\x,number,0x00010003,99
HKLM,SOFTWARE\\x,new,0x00010021,1
HKLM,SOFTWARE\\x,strings,0x10008,"b c",d
[Del]
HKLM,SOFTWARE\\x,old
HKLM,SOFTWARE\\old
[Unused]
HKLM,SOFTWARE\\unused
[Strings]
text = "Some text"
'''


def test_an_inf_file() -> None:
    assert is_inf(INF)
    registry = open_registry(None, version_of("nt51"))
    top = registry.ensure(registry.root, "MACHINE\\SOFTWARE\\x")
    registry.set_value(top, "old", 1, b"")
    registry.ensure(registry.root, "MACHINE\\SOFTWARE\\old\\below")
    apply(registry, parse_inf(INF))
    found = {value.name: (value.type, value.data) for value in registry.values(top).values()}
    assert found == {
        "": (1, wide('Some text, "quoted"\0')),
        "number": (4, b"\x10\0\0\0"),  # not clobbered
        "bytes": (3, b"\x01\x0a\xff"),
        "strings": (7, wide("a\0b c\0d\0\0")),
        "expand": (2, wide("%SystemRoot%\0")),
    }
    assert registry.find(registry.root, "MACHINE\\SOFTWARE\\x\\only") is not None
    assert registry.find(registry.root, "MACHINE\\SOFTWARE\\old") is None
    assert registry.find(registry.root, "MACHINE\\SOFTWARE\\unused") is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[DefaultInstall]\nAddReg=None\n", "no section \\[None\\]"),
        ("[DefaultInstall]\nAddReg=A\n[A]\nHKR,,x\n", "line 4: HKR"),
        ("[DefaultInstall]\nAddReg=A\n[A]\nHKLM,x,y,zz\n", "line 4: 'zz' is no number"),
        ('[DefaultInstall]\nAddReg=A\n[A]\nHKLM,"x\n', "line 4: a quotation mark"),
        ("[DefaultInstall]\nAddReg=A\n[A]\nHKLM,x,y,1,xy\n", "line 4: bytes are"),
    ],
)
def test_inf_files_that_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(SyntaxFault, match=complaint):
        parse_inf(text)


def test_another_section_may_be_asked_for() -> None:
    text = "[Install.NT]\nAddReg=A\n[A]\nHKLM,SOFTWARE\\x\n"
    assert [change.path for change in parse_inf(text, "install.nt")] == [TOP]
    assert [change.path for change in parse_inf(text)] == [TOP]
    with pytest.raises(SyntaxFault, match="no section"):
        parse_inf(text, "Other")


SERVICE_INF = """\
[DefaultInstall.NT]
AddReg=A
[DefaultInstall.NT.Services]
AddService=Spooler,0x800,Spool
[A]
HKLM,SOFTWARE\\x,path,,"%11%\\a.dll"
HKLM,SOFTWARE\\x,number,0x00040002,0x10
HKLM,SOFTWARE\\x\\link,"SymbolicLinkValue",0x60000,"\\Registry\\Machine\\SOFTWARE\\x"
[Spool]
AddReg=Keys
DisplayName="Print Spooler"
ServiceBinary="%11%\\spoolsv.exe"
ServiceType=0x110
StartType=3
Unknown=1
[Keys]
HKR,Parameters,"ServiceDll",,"%11%\\x.dll"
"""


def test_services_directories_and_links_of_an_inf_file() -> None:
    registry = open_registry(None, version_of("nt51"))
    apply(registry, parse_inf(SERVICE_INF, "DefaultInstall.NT", {11: "C:\\windows\\system32"}))

    def values(path: str) -> dict[str, tuple[int, bytes]]:
        node = registry.find(registry.root, path)
        assert node is not None
        return {value.name: (value.type, value.data) for value in registry.values(node).values()}

    wanted = {"path": (1, wide("C:\\windows\\system32\\a.dll\0")), "number": (4, b"\x10\0\0\0")}
    assert values("MACHINE\\SOFTWARE\\x") == wanted
    assert values("MACHINE\\SOFTWARE\\x\\link") == wanted
    service = "MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Spooler"
    assert values(service) == {
        "ObjectName": (1, wide("LocalSystem\0")),
        "DisplayName": (1, wide("Print Spooler\0")),
        "ImagePath": (2, wide("C:\\windows\\system32\\spoolsv.exe\0")),
        "Type": (4, b"\x10\x01\0\0"),
        "Start": (4, b"\x03\0\0\0"),
    }
    assert values(service + "\\Parameters") == {"ServiceDll": (1, wide("C:\\windows\\system32\\x.dll\0"))}


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ("AddService=X,0,None\n", "no section \\[NONE\\], which describes service X"),
        ("AddService=X\n", "no section"),
        ("AddService=X,0,S\n[S]\nStartType=two\n", "line 5: 'two' is no number"),
        ("AddService=X,0,S\n[S]\nStartType=0x100000000\n", "line 5: '0x100000000' is no number"),
    ],
)
def test_services_that_are_refused(lines: str, complaint: str) -> None:
    with pytest.raises(SyntaxFault, match=complaint):
        parse_inf("[DefaultInstall]\n[DefaultInstall.Services]\n" + lines)


def test_what_else_regedit_takes() -> None:
    text = f"""{HEAD5}
[HKLM\\SOFTWARE\\x] ; a comment behind a key
"lines"="one \r
  two; no comment\\"
three"
"number"=dword:0000000a ; one behind a number
"bytes"=hex:0a, 0b ; one behind bytes
"gone"=- ; one behind nothing
"separators"="a\x85b\u2028c\x0bd"
"""
    assert list(parse(decode(text.encode("utf-16")))) == [
        Change(TOP, None, 0),
        Change(TOP, "lines", 1, wide('one \r\n  two; no comment"\r\nthree\0')),
        Change(TOP, "number", 4, b"\x0a\0\0\0"),
        Change(TOP, "bytes", 3, b"\x0a\x0b"),
        Change(TOP, "gone", None),
        Change(TOP, "separators", 1, wide("a\x85b\u2028c\x0bd\0")),
    ]


@pytest.mark.parametrize(
    "line", ["[HKLM\\x] y", '"open="x', '"v"="x" y', '"v"=dword:100000000', '"v"=dword:5 6']
)
def test_what_regedit_does_not_take(line: str) -> None:
    with pytest.raises(SyntaxFault, match="line 3"):
        list(parse(f"{HEAD5}\n[HKLM\\SOFTWARE\\x]\n{line}\n"))


@given(st.text(min_size=1, max_size=20))
def test_any_name_of_a_value_is_written_and_read(name: str) -> None:
    text = HEAD5 + "\n" + key_line(TOP) + value_line(name, 4, b"\1\0\0\0")
    assert list(parse(text))[1] == Change(TOP, name, 4, b"\1\0\0\0")
