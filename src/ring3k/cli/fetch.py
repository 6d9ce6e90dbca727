"""Fetching Wine's 32-bit DLLs: Debian's package libwine, with the host's own package manager.

Nothing is installed, and nobody needs to be root: apt keeps its lists and archives
for this in the user's cache, and the package is unpacked there.  What apt trusts,
and where it fetches from, is the host's configuration.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress

from ring3k.cli import Complaint
from ring3k.cli.progress import Progress
from ring3k.userland import wine

PACKAGE = "libwine:i386"
BY_HAND = "install Wine, or say where its 32-bit DLLs are: 'ring3k setup --from DIR'"


def fetch() -> None:
    """Put the DLLs where ``wine.find`` looks.  Complaint: what is to be done instead."""
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise Complaint(
                f"Wine's 32-bit DLLs are not here, and without {tool} cannot be fetched: {BY_HAND}"
            )
    target = wine.fetched_path()
    work = f"{target}.{os.getpid()}"
    _tell(f"fetching Wine's 32-bit DLLs (Debian's package {PACKAGE}, about 60 MB) into {target}")
    try:
        os.makedirs(os.path.join(work, "apt"), 0o700, exist_ok=True)
        archive = _download(work)
        _tell(f"unpacking {os.path.basename(archive)}")
        failure = _failure(["dpkg-deb", "-x", archive, os.path.join(work, "tree")])
        if failure:
            raise Complaint(f"{PACKAGE} cannot be unpacked: {failure}; {BY_HAND}")
        _keep(os.path.join(work, "tree"), target)
    except OSError as error:
        raise Complaint(f"{error.filename or target}: {error.strerror}: {BY_HAND}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if wine.find() is None:
        raise Complaint(f"{PACKAGE} does not have Wine's 32-bit DLLs as they are known here: {BY_HAND}")


def _tell(text: str) -> None:
    print(f"ring3k: {text}", file=sys.stderr, flush=True)


def _download(work: str) -> str:
    """The package's file, by apt with a state of its own."""
    own = os.path.join(work, "apt")
    for name in ("lists/partial", "cache/archives/partial"):
        os.makedirs(os.path.join(own, name), exist_ok=True)
    status = os.path.join(own, "status")
    with open(status, "w", encoding="ascii"):
        pass  # nothing is installed, as far as this apt knows
    apt = ["apt-get", "-q"]
    for setting in (
        f"Dir::State={own}",
        f"Dir::State::lists={own}/lists",
        f"Dir::State::status={status}",
        f"Dir::Cache={own}/cache",
        "APT::Architectures::=i386",
        "APT::Sandbox::User=",
        "Debug::NoLocking=1",
    ):
        apt += ["-o", setting]
    unlisted = _failure([*apt, "update"])  # some of several sources may fail: what matters comes next
    failure = _failure([*apt, "download", PACKAGE], work, _size([*apt, "download", "--print-uris", PACKAGE]))
    found = glob.glob(os.path.join(work, "libwine_*.deb"))
    if failure or not found:
        raise Complaint(f"{PACKAGE} cannot be fetched: {unlisted or failure or 'it is not there'}; {BY_HAND}")
    return found[0]


def _size(words: list[str]) -> int:
    """How large a package is: apt tells URI, name, size and checksum; 0 where it does not."""
    told = subprocess.run(  # noqa: S603  # words of ours
        words, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True
    ).stdout.split()
    return next((int(word) for word in told if word.isdecimal()), 0)


def _failure(words: list[str], folder: str | None = None, size: int = 0) -> str | None:
    """Run a tool of the host's; why it failed, in a line, if it did.

    With a ``size`` it fetches a file of so many bytes into the folder, which is watched growing.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        with subprocess.Popen(  # noqa: S603  # words of ours
            words, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        ) as tool:
            progress = Progress("fetching") if folder is not None and size else None
            while tool.poll() is None:
                if progress is not None and folder is not None:
                    there = sum(os.stat(one).st_size for one in glob.glob(os.path.join(folder, "*.deb")))
                    progress(min(there / size, 0.99), f"of {size >> 20} MB")
                time.sleep(0.05)
        if progress is not None:
            progress(1, f"of {size >> 20} MB")
        if not tool.returncode:
            return None
        output.seek(0)
        said = [line for line in output.read().splitlines() if line.strip()]
    why = next((line for line in said if line.startswith("E:")), said[-1] if said else "no reason given")
    return f"{words[0]}: {why}"


def _keep(tree: str, target: str) -> None:
    """Of what was unpacked, the DLLs and the tables; as the others' if somebody was faster."""
    whole = f"{target}.{os.getpid()}.new"
    for part in (os.path.join(*wine.FETCHED), os.path.join("usr", "share", "wine")):
        source, place = os.path.join(tree, part), os.path.join(whole, part)
        if os.path.isdir(source):
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.rename(source, place)
    try:
        with suppress(OSError):
            os.rename(whole, target)
    finally:
        shutil.rmtree(whole, ignore_errors=True)
