"""What a process finds when its first instruction runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ring3k.abi.structs.ke import CONTEXT
from ring3k.abi.structs.kuser import KUSER_ADDRESS, KUSER_SHARED_DATA
from ring3k.abi.structs.ps import RTL_USER_PROCESS_PARAMETERS, TEB_NT50, peb_of
from ring3k.system import command_line
from tests.kernel.ps_guest import Guest, nothing, process_of, thread_of, words

VERSIONS = ("nt40", "nt50", "nt51", "nt52")


@pytest.mark.parametrize("abi", VERSIONS)
def test_first_instruction(hello: Path, abi: str) -> None:
    guest = Guest(hello, abi)
    seen: dict[str, Any] = {}

    def dispatcher(g: Any) -> Any:
        process = process_of(g)
        seen["stack"] = words(g, g.esp, 4)
        seen["wanted"] = (process.user_address("LdrInitializeThunk"), 0, process.dll_base, 0)
        seen["context"] = context = CONTEXT.load(g.space, g.esp + 16)
        seen["argument"] = words(g, context.Esp + 4, 1)[0]
        yield guest.call("NtContinue", g.esp + 16, 1)

    with guest.system:
        started = guest.spawn(nothing, dispatcher)
        process = started._process
        started.wait(10)
        assert seen["stack"] == seen["wanted"]
        assert seen["context"].Eip == process.image_base + process.image.entry
        assert seen["context"].EFlags & 0x200
        assert (seen["context"].SegCs, seen["context"].SegFs) == (0x1B, 0x3B)
        assert seen["argument"] == process.peb


@pytest.mark.parametrize("abi", VERSIONS)
def test_environment_blocks(hello: Path, abi: str) -> None:
    guest = Guest(hello, abi)
    seen: dict[str, Any] = {}

    def program(g: Any) -> Any:
        seen["peb"] = peb_of(abi).load(g.space, process_of(g).peb)
        seen["teb"] = TEB_NT50.load(g.space, thread_of(g).teb)
        seen["stack"] = (g.esp, thread_of(g))
        yield guest.call("NtYieldExecution")

    with guest.system:
        started = guest.spawn(program)
        process = started._process
        thread = process.threads[0]
        started.wait(10)
        peb, teb = seen["peb"], seen["teb"]
        assert process.peb == 0x7FFDF000
        assert peb.ImageBaseAddress == process.image_base
        assert peb.Mutant == 0xFFFFFFFF
        assert not peb.BeingDebugged
        assert (peb.OSMajorVersion, peb.OSPlatformId) == (4 if abi == "nt40" else 5, 2)
        assert peb.ImageSubsystem == 1
        assert peb.CriticalSectionTimeout < 0
        assert thread.teb == 0x7FFDE000
        assert teb.NtTib.Self == thread.teb
        assert teb.NtTib.ExceptionList == 0xFFFFFFFF
        assert teb.ProcessEnvironmentBlock == process.peb
        assert (teb.ClientId.UniqueProcess, teb.ClientId.UniqueThread) == (process.pid, thread.tid)
        assert teb.DeallocationStack < teb.NtTib.StackLimit < teb.NtTib.StackBase
        assert teb.NtTib.StackLimit <= seen["stack"][0] < teb.NtTib.StackBase
        assert teb.StaticUnicodeString.MaximumLength == 522


def test_parameters_are_offsets(hello: Path) -> None:
    guest = Guest(hello)
    with guest.system as system:
        process = system.spawn([hello, "a b", 'c"d'], env={"Beta": "2", "alpha": "1"})._process
        memory = process.memory
        at = memory.read_u32(process.peb + 0x10)
        block = RTL_USER_PROCESS_PARAMETERS.load(memory, at)

        def text(string: Any) -> str:
            assert string.Buffer + string.MaximumLength <= block.Length
            return memory.read(at + string.Buffer, string.Length).decode("utf-16-le")

        assert not block.Flags & 1
        assert text(block.ImagePathName) == "C:\\app\\hello.exe"
        assert text(block.CommandLine) == 'C:\\app\\hello.exe "a b" "c\\"d"'
        assert text(block.CurrentDirectory.DosPath) == "C:\\app\\"
        environment = memory.read(block.Environment, 64).decode("utf-16-le")
        assert environment.startswith("alpha=1\0Beta=2\0\0")


@pytest.mark.parametrize(
    ("words_", "line"),
    [
        (["a", ""], 'a ""'),
        (["a b", "c"], '"a b" c'),
        (['say "hi"'], '"say \\"hi\\""'),
        (["end\\ ", "x"], '"end\\ " x'),
        (["dir \\"], '"dir \\\\"'),
        (["plain\\back"], "plain\\back"),
    ],
)
def test_command_line(words_: list[str], line: str) -> None:
    assert command_line(words_) == line


@pytest.mark.parametrize("abi", VERSIONS)
def test_shared_user_data(hello: Path, abi: str) -> None:
    guest = Guest(hello, abi)
    seen: list[KUSER_SHARED_DATA] = []

    def program(g: Any) -> Any:
        for _ in range(2):
            seen.append(KUSER_SHARED_DATA.load(g.space, KUSER_ADDRESS))
            delay = g.esp - 64
            g.space.write(delay, (-5_000_000).to_bytes(8, "little", signed=True))
            yield guest.call("NtDelayExecution", 0, delay)

    with guest.system:
        guest.run(program)
    first, second = seen
    root = first.NtSystemRoot.decode("utf-16-le").partition("\0")[0]
    assert root == ("C:\\WINNT" if abi in ("nt40", "nt50") else "C:\\WINDOWS")
    assert first.NtProductType == 1
    assert first.ProductTypeIsValid
    assert (first.SystemCall != 0) == (abi in ("nt51", "nt52"))
    for name in ("InterruptTime", "SystemTime"):
        early, late = getattr(first, name), getattr(second, name)
        assert early.High1Time == early.High2Time
        moved = (late.High1Time - early.High1Time << 32) + late.LowPart - early.LowPart
        assert 5_000_000 <= moved < 6_000_000
    assert second.TickCountLow - first.TickCountLow in (32, 33)
