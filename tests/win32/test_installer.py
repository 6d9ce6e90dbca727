"""A package of the Windows Installer: made of tables here, installed and removed without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.win32.conftest import system_program
from tests.win32.running import NOTHING_YET, Ours

PRODUCT = "{11111111-2222-3333-4444-555555555555}"
ACTIONS = (
    "CostInitialize", "FileCost", "CostFinalize", "InstallValidate", "InstallInitialize", "ProcessComponents",
    "RemoveRegistryValues", "RemoveFiles", "CreateFolders", "InstallFiles", "WriteRegistryValues",
    "RegisterProduct", "PublishFeatures", "PublishProduct", "InstallFinalize",
)  # fmt: skip
# Names of columns, their types, keys; the rows.
TABLES: dict[str, tuple[tuple[str, ...], ...]] = {
    "_SummaryInformation": (
        ("PropertyId Value", "i2 l255", "PropertyId"),
        ("1", "1252"),
        ("2", "Installation Database"),
        ("7", ";1033"),
        ("9", "{51111111-2222-3333-4444-555555555555}"),
        ("14", "200"),
        ("15", "0"),
    ),
    "Property": (
        ("Property Value", "s72 l0", "Property"),
        ("ProductCode", PRODUCT),
        ("ProductName", "Small"),
        ("ProductVersion", "1.0.0"),
        ("Manufacturer", "Nobody"),
        ("ProductLanguage", "1033"),
        ("ALLUSERS", "1"),
    ),
    "Directory": (
        ("Directory Directory_Parent DefaultDir", "s72 S72 l255", "Directory"),
        ("TARGETDIR", "", "SourceDir"),
        ("ProgramFilesFolder", "TARGETDIR", "."),
        ("INSTALLDIR", "ProgramFilesFolder", "Small:."),
    ),
    "Feature": (
        (
            "Feature Feature_Parent Title Description Display Level Directory_ Attributes",
            "s38 S38 L64 L255 I2 i2 S72 i2",
            "Feature",
        ),
        ("Main", "", "Main", "", "1", "1", "INSTALLDIR", "0"),
    ),
    "Component": (
        (
            "Component ComponentId Directory_ Attributes Condition KeyPath",
            "s72 S38 s72 i2 S255 S72",
            "Component",
        ),
        ("Files", "{31111111-2222-3333-4444-555555555555}", "INSTALLDIR", "0", "", "a.txt"),
        ("Keys", "{41111111-2222-3333-4444-555555555555}", "INSTALLDIR", "4", "", "key"),
    ),
    "FeatureComponents": (
        ("Feature_ Component_", "s38 s72", "Feature_ Component_"),
        ("Main", "Files"),
        ("Main", "Keys"),
    ),
    "File": (
        (
            "File Component_ FileName FileSize Version Language Attributes Sequence",
            "s72 s72 l255 i4 S72 S20 I2 i2",
            "File",
        ),
        ("a.txt", "Files", "a.txt", "5", "", "", "8192", "1"),
    ),
    "Media": (
        ("DiskId LastSequence DiskPrompt Cabinet VolumeLabel Source", "i2 i2 L64 S255 S32 S72", "DiskId"),
        ("1", "1", "", "", "DISK1", ""),
    ),
    "Registry": (
        ("Registry Root Key Name Value Component_", "s72 i2 l255 L255 L0 s72", "Registry"),
        ("key", "2", "Software\\Small", "Name", "[ProductName]", "Keys"),
    ),
    "InstallExecuteSequence": (
        ("Action Condition Sequence", "s72 S255 I2", "Action"),
        *((action, "", str(100 * number)) for number, action in enumerate(ACTIONS, 8)),
    ),
}


@pytest.fixture
def package(ours: Ours, tmp_path: Path) -> Path:
    for name, (head, *rows) in TABLES.items():
        columns, types, keys = (words.split() for words in head)
        lines = [columns, types, [name, *keys], *rows]
        text = "".join("\t".join(line) + "\r\n" for line in lines)
        (tmp_path / f"{name}.idt").write_bytes(text.encode())
    (tmp_path / "a.txt").write_bytes(b"hello")
    tables = [f"{name}.idt" for name in TABLES]
    made = ours(system_program("winemsibuilder.exe"), "-i", "small.msi", *tables, cwd=tmp_path)
    assert made.status == 0, str(made)
    return tmp_path / "small.msi"


def test_a_package(ours: Ours, package: Path, tmp_path: Path) -> None:
    """Its file and its value are there, then they are gone; only one that is installed can be removed."""

    def installer(*words: str) -> int:
        outcome = ours(system_program("msiexec.exe"), *words, "/qn", cwd=tmp_path)
        assert NOTHING_YET not in outcome.stderr.decode(), str(outcome)
        return outcome.status

    def value() -> list[str]:
        outcome = ours(
            system_program("reg.exe"), "query", "HKLM\\Software\\Small", "/v", "Name", cwd=tmp_path
        )
        return outcome.lines[-2].split() if outcome.status == 0 else []

    placed = ours.machine / "c/Program Files/Small/a.txt"
    assert installer("/i", package.name) == 0
    assert placed.read_bytes() == b"hello"
    assert value() == ["Name", "REG_SZ", "Small"]
    assert installer("/x", PRODUCT) == 0
    assert not placed.exists()
    assert not value()
    assert installer("/x", PRODUCT) == 1605 & 0xFF  # ERROR_UNKNOWN_PRODUCT
