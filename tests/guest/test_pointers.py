"""Bad pointers in every pointer parameter of every implemented call, derived from the declarations.

``guest/conformance/gen_pointers.py`` makes the table, ``guest/conformance/derived/pointers.c`` the calls.
What is tested is decided by the declarations alone: an implemented call cannot be left out.
"""

from __future__ import annotations

import importlib.util
import io
import sys
from pathlib import Path
from types import ModuleType

import pytest

import ring3k
from ring3k.abi.call import DECLARED, CallSet, syscall
from ring3k.abi.tables import table
from ring3k.abi.types import POINTER, Pointer
from ring3k.calls import all_calls
from ring3k.hooks.trace import TextTrace
from ring3k.hooks.trace_json import JsonTrace
from tests.guest.tap import parse

SOURCE = Path(__file__).parent.parent.parent / "guest/conformance/gen_pointers.py"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """gen_pointers.py, which is a program and no part of the package."""
    spec = importlib.util.spec_from_file_location("gen_pointers", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SOURCE.parent)
        patch.setitem(sys.modules, spec.name, module)  # dataclasses look their module up
        spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("abi", ["nt50", "nt51"])
@pytest.mark.parametrize("engine", ["stub", "ptrace"])
def test_bad_pointers(engine: str, abi: str, conformance_programs: Path, generator: ModuleType) -> None:
    troubles: list[str] = []
    silent = io.StringIO()
    with ring3k.System(
        engine=engine, abi=abi, stdout=silent, stderr=silent, report=troubles.append
    ) as system:
        program = system.spawn([conformance_programs / "native/pointers.exe"])
        status = program.wait(timeout=60)
        report = parse(program.output)
    problems = [*report.failures.values(), *report.complaints, *troubles]
    problems += [f"not run: {name}" for name in generator.test_names(abi) if name not in report.names]
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)
    assert status == 0


@pytest.mark.parametrize("engine", ["stub", "ptrace"])
def test_watching_bad_pointers_changes_nothing(engine: str, conformance_programs: Path) -> None:
    """Who looks at an argument must not take the guard of the page it lies in."""
    troubles: list[str] = []
    silent = io.StringIO()
    with ring3k.System(engine=engine, stdout=silent, stderr=silent, report=troubles.append) as system:
        TextTrace(lambda line: None).attach(system.hooks, system.events)
        JsonTrace(lambda line: None).attach(system.hooks, system.events)
        system.on_enter("*", lambda call: repr(call.args))
        system.on_exit("*", lambda call: repr(call.args))
        program = system.spawn([conformance_programs / "native/pointers.exe"])
        status = program.wait(timeout=60)
    assert list(parse(program.output).failures.values()) == []
    assert troubles == []
    assert status == 0


@pytest.mark.parametrize("abi", ["nt50", "nt51"])
def test_no_pointer_is_left_out(abi: str, generator: ModuleType) -> None:
    """Counted without the generator: a direction makes a pointer, and a PVOID might be one."""
    tested = {name.partition("->")[0] for name in generator.test_names(abi)}
    exempt = {(call, name) for call, (reason, names) in generator.UNREAD.items() if reason for name in names}
    missing = [
        f"{call.name}: {parameter.windows_name}"
        for call in all_calls().values()
        if call.name in table(abi) and call.support is not DECLARED
        for parameter in call.parameters
        if parameter.kind != "value"
        or (parameter.codec.size == POINTER and parameter.codec.name.startswith("P"))
        if f"{call.name}: {parameter.windows_name}" not in tested
        and (call.name, parameter.name) not in exempt
        and parameter.name not in generator.KEPT
    ]
    assert missing == []


def test_every_pointer_is_tried_in_every_way_that_it_can_be_bad(generator: ModuleType) -> None:
    """Unmapped and both ends of the kernel's half are nobody's memory; outputs cannot be read-only."""
    for case in generator.cases():
        for one in case.pointees:
            expected = one.expected()
            if one.before or one.refused:
                continue
            assert all(
                expected[kind]
                for kind in (generator.UNMAPPED, generator.KERNEL, generator.TOP, generator.BORDER)
            ), one.name
            assert bool(expected[generator.NULL]) is not one.optional, one.name
            assert bool(expected[generator.READ_ONLY]) is one.out, one.name
            assert bool(expected[generator.MISALIGNED]) is (one.align > 1), one.name


def test_an_address_that_nobody_has_classified_is_refused(generator: ModuleType) -> None:
    def NtInvented(t: object, somewhere: Pointer) -> int:
        return 0

    syscall()(NtInvented)
    module = ModuleType("invented")
    vars(module)["NtInvented"] = NtInvented
    NtInvented.__module__ = module.__name__
    with pytest.raises(ValueError, match="NtInvented: is somewhere read"):
        generator.Case(CallSet([module])["NtInvented"])
