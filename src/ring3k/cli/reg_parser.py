"""Options and help of ``ring3k reg``."""

from __future__ import annotations

import argparse

from ring3k.abi.version import VERSIONS
from ring3k.typed import Any

TYPES = ["sz", "expand_sz", "multi_sz", "dword", "qword", "binary", "dword_big_endian", "link", "none"]

_WITH_VALUE = ("--abi", "--format", "--key", "--machine", "--section", "--type")
_FLAGS = ("-h", "--help", "-r", "--recursive")

REG = """\
Look at and change the registry of a machine, whether programs run on it or not.

KEY begins with HKLM, HKU, HKCU, HKCR or HKCC (or the long names), or with \\Registry; case does not count."""

REG_END = """\
examples:
  ring3k reg query 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion' ProductName
  ring3k reg set 'HKCU\\Software\\Me' Level --type dword 3
  ring3k reg import setup.reg
  ring3k reg import --key 'HKLM\\OLD' /media/disk/WINDOWS/system32/config/software
  ring3k reg export 'HKCU\\Software' settings.reg
  ring3k reg delete --recursive 'HKLM\\OLD'
"""


def options_first(arguments: list[str]) -> list[str]:
    """``reg ACTION`` with its options before its other words, where argparse wants them."""
    options, words = [], []
    rest = iter(arguments[2:])
    for one in rest:
        if one == "--":
            words += [one, *rest]
        elif one in _WITH_VALUE:
            options += [one, *[value for value in [next(rest, None)] if value is not None]]
        elif one in _FLAGS or one.partition("=")[0] in _WITH_VALUE:
            options.append(one)
        else:
            words.append(one)
    return [*arguments[:2], *options, *words]


def add_actions(reg: argparse.ArgumentParser, formatter: Any) -> None:
    """The subcommands."""
    reg.usage = "ring3k reg ACTION [options] ..."
    actions = reg.add_subparsers(prog="ring3k reg", title="actions", metavar="ACTION", required=True)

    def action(name: str, short: str) -> argparse.ArgumentParser:
        about = short[0].upper() + short[1:] + "."
        one: argparse.ArgumentParser = actions.add_parser(
            name, help=short, description=about, formatter_class=formatter, allow_abbrev=False
        )
        one.set_defaults(action=name)
        one.add_argument(
            "--machine",
            metavar="DIR",
            help="the machine's folder; default: ring3k/ABI below $XDG_DATA_HOME or ~/.local/share",
        )
        one.add_argument(
            "--abi",
            choices=[version.name for version in VERSIONS],
            default="nt100",
            help="which default folder, and what a new machine is: nt100 (the default) for Win32 programs, "
            "another for native programs run with that --abi (nt51 unless one was given)",
        )
        return one

    query = action("query", "show a key's values and subkeys, or one value")
    query.add_argument("key", metavar="KEY")
    query.add_argument("name", metavar="NAME", nargs="?", help="a value; '' is the one without a name")
    query.add_argument("-r", "--recursive", action="store_true", help="and all below")

    set_ = action("set", "set a value, or make a key")
    set_.add_argument("key", metavar="KEY", help="made if it is not there, with all above it")
    set_.add_argument("name", metavar="NAME", nargs="?", help="a value; '' is the one without a name")
    set_.add_argument("--type", choices=TYPES, default="sz", help="default: sz, a string")
    set_.add_argument(
        "data",
        metavar="DATA",
        nargs="*",
        default=[],
        help="text; a number (10, 0xA); hexadecimal bytes (00FF12); the strings of a multi_sz",
    )

    delete = action("delete", "delete a value, or a key")
    delete.add_argument("key", metavar="KEY")
    delete.add_argument("name", metavar="NAME", nargs="?", help="a value; '' is the one without a name")
    delete.add_argument("-r", "--recursive", action="store_true", help="a key with all below it")

    import_ = action("import", "take over a .reg file, an INF file or a hive; all of it, or nothing")
    import_.add_argument("file", metavar="FILE")
    import_.add_argument("--key", metavar="KEY", help="of a hive: the key whose content it becomes")
    import_.add_argument(
        "--section",
        metavar="NAME",
        help="of an INF file: the section that names AddReg and DelReg sections; default: DefaultInstall",
    )

    export = action("export", "write a key with all below it to a file")
    export.add_argument("key", metavar="KEY")
    export.add_argument("file", metavar="FILE", help="- is the standard output")
    export.add_argument(
        "--format", choices=("reg", "hive"), default="reg", help="default: reg, as REGEDIT writes it"
    )
