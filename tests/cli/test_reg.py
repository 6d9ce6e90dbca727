"""``ring3k reg``: what a person sees, and what a guest finds afterwards."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ring3k.cm.regf import read_hive
from tests.cli.command import complaint, ring3k

KEY = "HKLM\\SOFTWARE\\ring3k test"
VERSION = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    return tmp_path / "machine"


def reg(machine: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    done = ring3k("reg", *words, "--abi", "nt51", "--machine", machine)
    assert (done.returncode, done.stderr) == (0, "")
    return done


def test_what_is_set_is_shown(machine: Path) -> None:
    reg(machine, "set", KEY, "Text", "two words", "and", "more")
    reg(machine, "set", KEY, "Number", "0x10", "--type", "dword")
    reg(machine, "set", "--type", "multi_sz", KEY, "List", "a", "b c")
    reg(machine, "set", "--type=binary", KEY, "Bytes", "00ff")
    reg(machine, "set", KEY, "", "of no name")
    reg(machine, "set", KEY + "\\Below")
    assert reg(machine, "query", KEY.lower()).stdout == (
        "HKEY_LOCAL_MACHINE\\SOFTWARE\\ring3k test\n"
        "    Text    REG_SZ    two words and more\n"
        "    Number    REG_DWORD    0x10\n"
        "    List    REG_MULTI_SZ    a\\0b c\n"
        "    Bytes    REG_BINARY    00FF\n"
        "    (Default)    REG_SZ    of no name\n"
        "\n"
        "HKEY_LOCAL_MACHINE\\SOFTWARE\\ring3k test\\Below\n"
    )
    assert reg(machine, "query", KEY, "number").stdout.splitlines()[1] == "    Number    REG_DWORD    0x10"
    assert (
        "ProductName    REG_SZ    Microsoft Windows XP"
        in reg(machine, "query", "HKLM\\SOFTWARE", "-r").stdout
    )


def test_what_is_deleted_is_gone(machine: Path) -> None:
    reg(machine, "set", KEY + "\\Below", "v", "x")
    reg(machine, "delete", KEY + "\\Below", "v")
    assert reg(machine, "query", KEY + "\\Below").stdout == f"HKEY_LOCAL_MACHINE{KEY[4:]}\\Below\n"
    line = complaint("reg", "delete", KEY, "--machine", machine, status=1)
    assert "has subkeys" in line
    reg(machine, "delete", "--recursive", KEY)
    assert "no such key" in complaint("reg", "query", KEY, "--machine", machine, status=1)


def test_a_text_file_goes_out_and_in(machine: Path, tmp_path: Path) -> None:
    reg(machine, "set", KEY, 'Quoted "name"', "back\\slash ä")
    reg(machine, "set", "--type", "expand_sz", KEY + "\\Below", "Path", "%SystemRoot%")
    file = tmp_path / "out.reg"
    reg(machine, "export", KEY, file)
    text = file.read_bytes().decode("utf-16")
    assert text.startswith(
        "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\ring3k test]"
    )
    assert reg(machine, "export", KEY, "-").stdout == text.replace("\r\n", "\n")
    before = reg(machine, "query", "-r", KEY).stdout
    reg(machine, "delete", "-r", KEY)
    reg(machine, "import", file)
    assert reg(machine, "query", "-r", KEY).stdout == before


def test_a_hive_goes_out_and_in(machine: Path, tmp_path: Path) -> None:
    reg(machine, "set", KEY + "\\Below", "v", "x")
    file = tmp_path / "out.hiv"
    reg(machine, "export", "--format", "hive", KEY, file)
    tree = read_hive(file.read_bytes())
    assert [child.name for child in tree.children] == ["Below"]
    reg(machine, "import", "--key", "HKLM\\Loaded", file)
    assert "    v    REG_SZ    x" in reg(machine, "query", "HKLM\\Loaded\\Below").stdout
    assert "needs a place" in complaint("reg", "import", file, "--machine", machine, status=1)


def test_an_inf_file_comes_in(machine: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.inf"
    file.write_text('[Version]\n[DefaultInstall]\nAddReg=A\n[A]\nHKLM,"SOFTWARE\\ring3k test",v,,"text"\n')
    reg(machine, "import", file)
    assert "    v    REG_SZ    text" in reg(machine, "query", KEY).stdout


def test_an_import_that_fails_changes_nothing(machine: Path, tmp_path: Path) -> None:
    reg(machine, "set", KEY)
    file = tmp_path / "bad.reg"
    file.write_text('REGEDIT4\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\ring3k test]\n"v"="x"\n"w"=nonsense\n')
    line = complaint("reg", "import", file, "--machine", machine, status=1)
    assert "bad.reg: line 4: 'nonsense' is no data" in line
    assert reg(machine, "query", KEY).stdout == f"HKEY_LOCAL_MACHINE{KEY[4:]}\n"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("query", "HKLM\\None"), "HKLM\\None: no such key"),
        (("query", "HKLM\\SOFTWARE", "none"), "no value 'none'"),
        (("query", "Elsewhere"), "begin with HKLM"),
        (("set", "--type", "dword", KEY, "v", "many"), "'many' is not a number"),
        (("set", "--type", "binary", KEY, "v", "xy"), "'xy' is not hexadecimal bytes"),
        (("set", "--type", "dword", KEY, "v", "0x1ffffffff"), "too large for REG_DWORD, which has 32 bits"),
        (("set", "--type", "qword", KEY, "v", "18446744073709551616"), "too large for REG_QWORD"),
        (("set", KEY, "v", "REG_DWORD", "5"), "REG_DWORD is taken for data here: --type dword"),
        (("set", "--type", "multi_sz", KEY, "v", "a", "", "b"), "an empty string"),
        (("set", "HKLM\\NewHive"), "only hives lie right below HKEY_LOCAL_MACHINE"),
        (("set", "\\Registry\\New"), "only hives lie right below \\REGISTRY"),
        (("delete", "HKLM\\SOFTWARE", "none"), "no value 'none'"),
        (("delete", "-r", "HKLM\\SOFTWARE"), "root of a hive"),
        (("delete", "-r", "HKLM"), "root of a hive"),
        (("import", "/no/such/file"), "No such file"),
        (("export", "HKLM\\SAM", "/no/such/folder/file"), "No such file"),
    ],
)
def test_what_cannot_be_is_one_line(machine: Path, words: tuple[str, ...], text: str) -> None:
    reg(machine, "set", KEY)
    assert text in complaint("reg", *words, "--machine", machine, status=1)


def test_a_machine_must_be_there_to_be_looked_at(machine: Path) -> None:
    assert "no such machine" in complaint("reg", "query", "HKLM", "--machine", machine, status=1)
    assert not machine.exists()
    machine.mkdir()
    assert "Microsoft Windows XP" in reg(machine, "query", VERSION, "ProductName").stdout
    (machine / "registry.db").write_bytes(b"nonsense" * 1000)
    assert "not a registry" in complaint("reg", "query", "HKLM", "--machine", machine, status=1)


def test_help_tells_what_there_is() -> None:
    text = ring3k("reg", "--help").stdout
    for action in ("query", "set", "delete", "import", "export"):
        assert f"    {action} " in text
        assert "--machine DIR" in ring3k("reg", action, "--help").stdout
    assert "None" not in text
    assert "None" not in ring3k("--help").stdout


def test_an_imported_hive_goes_again(machine: Path, tmp_path: Path) -> None:
    """The examples of the help."""
    hive = tmp_path / "hive"
    reg(machine, "set", KEY + "\\Below", "v", "x")
    reg(machine, "export", "--format", "hive", KEY, hive)
    reg(machine, "import", "--key", "HKLM\\OLD", hive)
    assert "x" in reg(machine, "query", "HKLM\\OLD\\Below", "v").stdout
    assert "has subkeys" in complaint("reg", "delete", "HKLM\\OLD", "--machine", machine, status=1)
    reg(machine, "delete", "--recursive", "HKLM\\OLD")
    assert "no such key" in complaint("reg", "query", "HKLM\\OLD", "--machine", machine, status=1)
    assert "holds hives" in complaint("reg", "import", "--key", "HKLM", hive, "--machine", machine, status=1)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("[-HKEY_LOCAL_MACHINE]", "HKEY_LOCAL_MACHINE is the root of a hive"),
        ("[-HKEY_LOCAL_MACHINE\\Software]", "SOFTWARE is the root of a hive"),
        ("[-HKEY_CURRENT_USER]", ".DEFAULT is the root of a hive"),
        ("[HKEY_LOCAL_MACHINE\\New\\Key]", "only hives lie right below HKEY_LOCAL_MACHINE"),
        ('[HKEY_LOCAL_MACHINE\\System]\n"SymbolicLinkValue"=hex(6):41,00', "SYSTEM is the root of a hive"),
    ],
)
def test_no_file_takes_the_hives_away(machine: Path, tmp_path: Path, line: str, text: str) -> None:
    reg(machine, "set", KEY, "v", "x")
    file = tmp_path / "bad.reg"
    file.write_text(f"REGEDIT4\n[-{KEY}]\n{line}\n")
    assert text in complaint("reg", "import", file, "--machine", machine, status=1)
    assert "x" in reg(machine, "query", KEY, "v").stdout
