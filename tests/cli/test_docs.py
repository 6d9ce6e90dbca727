"""What the documents show does work."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import ROOT

BLOCKS = [
    pytest.param(block, id=f"{file}-{number}")
    for file in ("README.md", "docs/hooks.md", "docs/crashes.md")
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", (ROOT / file).read_text(), re.DOTALL))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_python_examples_run(block: str, hello: Path) -> None:
    program = "import ring3k\n" + block.replace('"hello.exe"', repr(str(hello)))
    program = program.replace('"crash.exe"', repr(str(hello.with_name("crash.exe"))))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_links_between_documents_lead_somewhere() -> None:
    files = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    broken = [
        f"{file.relative_to(ROOT)}: {target}"
        for file in files
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", file.read_text())
        if not (file.parent / target).exists()
    ]
    assert broken == []
