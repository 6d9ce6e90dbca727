"""Builds what is not Python.

For the host, the native engine: one extension module, beside it the program every guest process starts as,
and the command.  For the guest, Windows files built with a cross compiler: an ntdll.dll per version, and
small programs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

from setuptools import Command, Extension, setup
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext
from setuptools.errors import ExecError

ENGINE = Path("src/ring3k/engine")
NATIVE = [str(path) for path in sorted((ENGINE / "native").glob("*.c"))]
HEADERS = [str(path) for path in sorted((ENGINE / "native").glob("*.h"))]
WARNINGS = ["-Wall", "-Wextra", "-Werror"]

# The stub runs without a C library, without vector registers, and with the guest's flags and stack around it.
STUB_FLAGS = [
    "-O2", "-std=gnu11", "-ffreestanding", "-fno-builtin", "-fPIC", "-mno-red-zone", "-mgeneral-regs-only",
    "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-fcf-protection=none", "-fno-jump-tables",
]  # fmt: skip
STUB_LINK = [
    "-nostdlib", "-static", "-no-pie",
    "-Wl,-z,max-page-size=4096", "-Wl,-z,noexecstack", "-Wl,--build-id=none",
]  # fmt: skip


class BuildEngine(build_ext):
    """The extension as usual, then the stub."""

    def run(self) -> None:
        super().run()
        sources = sorted((ENGINE / "guest").glob("*.[cS]"))
        target = Path(self.get_ext_fullpath("ring3k.engine._native")).parent / "ring3k-guest"
        target.parent.mkdir(parents=True, exist_ok=True)
        script = ENGINE / "guest" / "stub.lds"
        compiler = os.environ.get("CC", "gcc").split()
        subprocess.run(
            [
                *compiler,
                *WARNINGS,
                *STUB_FLAGS,
                *STUB_LINK,
                f"-Wl,-T,{script}",
                "-o",
                str(target),
                *map(str, sources),
            ],
            check=True,
        )
        target.chmod(0o755)

    def get_outputs(self) -> list[str]:
        outputs: list[str] = super().get_outputs()
        return [*outputs, str(Path(self.get_ext_fullpath("ring3k.engine._native")).parent / "ring3k-guest")]


class BuildCommand(Command):
    """Builds the command ``ring3k``; installers put it where commands are, as they do with any script."""

    description = "build the command"
    user_options: ClassVar[list[tuple[str, str | None, str]]] = []
    editable_mode = False
    build_dir: str | None
    source = str(ENGINE / "command" / "ring3k.c")

    def initialize_options(self) -> None:
        self.build_dir = None

    def finalize_options(self) -> None:
        self.set_undefined_options("build", ("build_scripts", "build_dir"))

    def run(self) -> None:
        target = Path(self.build_dir or "build", "ring3k")
        target.parent.mkdir(parents=True, exist_ok=True)
        compiler = os.environ.get("CC", "gcc").split()
        flags = [*WARNINGS, "-O2", "-std=gnu11", "-D_GNU_SOURCE"]
        packages = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
        sources = str(Path("src").resolve()) if self.editable_mode else ""
        flags += [f"-DPACKAGES={json.dumps(packages)}", f"-DSOURCES={json.dumps(sources)}"]
        words = [*compiler, *flags, "-o", str(target), self.source]
        # Alone it starts in two thirds of the time, where the C library can be had that way.
        if subprocess.run([*words, "-static"], check=False, capture_output=True).returncode:
            subprocess.run(words, check=True)
        target.chmod(0o755)

    def get_source_files(self) -> list[str]:
        return [self.source]


GUEST = Path("guest")
MINGW = "i686-w64-mingw32-gcc"
GUEST_FILES = ("nt*/ntdll.dll", "apps/*.exe", "apps/*.dll", "dlls/*.dll", "programs/*.exe")  # of guest/build


class BuildGuest(Command):
    """Builds the guest's files and puts them where the package carries them."""

    description = "build the Windows files that guests need"
    user_options: ClassVar[list[tuple[str, str | None, str]]] = []
    editable_mode = False
    build_lib: str | None

    def initialize_options(self) -> None:
        self.build_lib = None

    def finalize_options(self) -> None:
        self.set_undefined_options("build_py", ("build_lib", "build_lib"))

    def run(self) -> None:
        if not shutil.which(MINGW):
            raise ExecError(f"no compiler for Windows: {MINGW} is missing (Debian: gcc-mingw-w64-i686)")
        jobs = f"-j{os.cpu_count() or 1}"
        subprocess.run(["make", "-s", jobs, "-C", str(GUEST), f"PYTHON={sys.executable}"], check=True)
        for built, target in self._files().items():
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists() or target.read_bytes() != built.read_bytes():
                partial = target.with_suffix(".partial")  # a running system may have the old file mapped
                shutil.copyfile(built, partial)
                partial.replace(target)

    def _files(self) -> dict[Path, Path]:
        top = Path("src" if self.editable_mode else self.build_lib or "build/lib")
        folder, made = top / "ring3k/userland/guest", GUEST / "build"
        return {
            file: folder / file.relative_to(made) for glob in GUEST_FILES for file in sorted(made.glob(glob))
        }

    def get_outputs(self) -> list[str]:
        return [str(target) for target in self._files().values()]

    def get_output_mapping(self) -> dict[str, str]:
        return {}

    def get_source_files(self) -> list[str]:
        return [str(p) for p in GUEST.rglob("*") if p.is_file() and GUEST / "build" not in p.parents]


class Build(build):
    """The usual build, then the guest's files."""

    sub_commands: ClassVar[list[Any]] = [*build.sub_commands, ("build_guest", None)]


setup(
    ext_modules=[
        Extension(
            "ring3k.engine._native",
            NATIVE,
            depends=HEADERS,
            define_macros=[("_GNU_SOURCE", "1")],
            extra_compile_args=[
                "-std=gnu11",
                "-O2",
                "-fvisibility=hidden",
                *WARNINGS,
                "-Wno-missing-field-initializers",
            ],
        )
    ],
    scripts=[BuildCommand.source],
    cmdclass={
        "build": Build,
        "build_ext": BuildEngine,
        "build_guest": BuildGuest,
        "build_scripts": BuildCommand,
    },
)
