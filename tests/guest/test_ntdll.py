"""The built-in ntdll: its own tests, and the sample programs that need its loader and process creation.

The tests in guest/ntdll/tests have ntdll's sources linked in and run on whatever system starts them: natively
on our kernel, and as a console program under Wine.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import ring3k

ROOT = Path(__file__).parent.parent.parent
BUILT = ROOT / "guest/build"
STATUS_DLL_NOT_FOUND = 0xC0000135

every_version = pytest.mark.parametrize("abi", ["nt40", "nt50", "nt51", "nt52"])
every_engine = pytest.mark.parametrize("engine", ["stub", "ptrace"])


@pytest.fixture(scope="session")
def ntdll_tests() -> Path:
    """The folder with the test program, for the console and native."""
    programs = ["ntdll-console.exe", "ntdll-native.exe"]
    if shutil.which("i686-w64-mingw32-gcc"):
        targets = [f"{BUILT}/tests/{name}" for name in programs]
        made = subprocess.run(
            ["make", "-s", "-j2", "-C", str(ROOT / "guest"), f"OUT={BUILT}", *targets],
            check=False,
            capture_output=True,
            text=True,
        )
        if made.returncode:
            pytest.fail(f"ntdll's tests do not build:\n{made.stdout}{made.stderr}", pytrace=False)
    elif not all((BUILT / "tests" / name).exists() for name in programs):
        pytest.skip("ntdll's tests are built with i686-w64-mingw32-gcc, which is not there")
    return BUILT / "tests"


def failures(output: str) -> list[str]:
    """The lines of a TAP report that tell of a failure; names may repeat, numbers may not."""
    lines = output.splitlines()
    numbers = [int(found[1]) for line in lines if (found := re.match(r"(?:not )?ok (\d+) - ", line))]
    bad = [line for line in lines if line.startswith("not ok")]
    if numbers != list(range(1, len(numbers) + 1)) or f"1..{len(numbers)}" not in lines:
        bad.append(f"the report breaks off after {lines[-1] if lines else 'nothing'!r}")
    return bad


def run(program: Path, engine: str, abi: str) -> tuple[int, str, str]:
    """Exit status, what was displayed, and what was printed for debuggers."""
    errors = io.StringIO()
    with ring3k.System(engine=engine, abi=abi, stdout=io.StringIO(), stderr=errors) as system:
        process = system.spawn([program])
        status = process.wait(timeout=60)
        return status & 0xFFFFFFFF, process.output, errors.getvalue()


@every_version
@every_engine
def test_its_parts_work(ntdll_tests: Path, engine: str, abi: str) -> None:
    status, output, _ = run(ntdll_tests / "ntdll-native.exe", engine, abi)
    assert failures(output) == []
    assert status == 0


@pytest.mark.wine
def test_its_parts_work_under_wine(ntdll_tests: Path, wine: dict[str, str]) -> None:
    done = subprocess.run(
        ["wine", str(ntdll_tests / "ntdll-console.exe")],
        check=False,
        capture_output=True,
        text=True,
        env=wine,
        timeout=60,
    )
    assert failures(done.stdout) == []
    assert done.returncode == 0


@every_version
@every_engine
def test_a_dll_is_loaded_relocated_and_told_of_threads(guest_files: Path, engine: str, abi: str) -> None:
    assert run(guest_files / "apps/needsdll.exe", engine, abi)[:2] == (0, "needsdll: the loader works\n")


@every_version
@every_engine
def test_a_process_starts_another_and_gets_its_exit_status(guest_files: Path, engine: str, abi: str) -> None:
    assert run(guest_files / "apps/spawn.exe", engine, abi)[0] == 42


def test_a_missing_dll_is_named_with_who_wants_it(guest_files: Path, tmp_path: Path) -> None:
    program = Path(shutil.copy(guest_files / "apps/needsdll.exe", tmp_path))
    status, _, errors = run(program, "stub", "nt51")
    assert status == STATUS_DLL_NOT_FOUND
    assert "sample.dll, wanted by needsdll.exe, not found (STATUS_DLL_NOT_FOUND)" in errors
