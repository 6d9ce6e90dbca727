"""What the registry tells of the release of Windows that a system of nt100 says it is.

A machine's registry is made as Windows 10's.  A run that is to be another Windows is
lent other values, of which nothing is kept.
"""

from __future__ import annotations

from ring3k.abi.structs.cm import REG_DWORD, REG_SZ
from ring3k.abi.version import Version
from ring3k.cm.names import string_data
from ring3k.cm.view import View

CURRENT = "MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
CONTROL = "MACHINE\\SYSTEM\\CurrentControlSet\\Control"


def current_version(version: Version) -> str:
    """CurrentVersion.  Windows 10's own says 6.3, and Wine 8's ntdll believes what it says."""
    return f"{version.major}.{version.minor}"


def describe_release(view: View, version: Version) -> None:
    """Let the registry be one of this release."""
    node = view.find(view.root, CURRENT)
    if node is None:
        return
    values = {value.name: value for value in view.values(node).values()}
    known = values.get("CurrentBuildNumber"), values.get("ProductName")
    if [one.data if one is not None else None for one in known] == [
        string_data(str(version.build)),
        string_data(version.product),
    ]:
        return
    for name, text in (
        ("CSDVersion", version.service_pack_name),
        ("CurrentBuild", str(version.build)),
        ("CurrentBuildNumber", str(version.build)),
        ("CurrentVersion", current_version(version)),
        ("InstallationType", "Server" if version.server else "Client"),
        ("ProductName", version.product),
    ):
        view.lend(node, name, REG_SZ, string_data(text))
    for name, number in (
        ("CurrentMajorVersionNumber", version.major),
        ("CurrentMinorVersionNumber", version.minor),
    ):
        view.lend(node, name, REG_DWORD, number.to_bytes(4, "little"))
    node = view.find(view.root, f"{CONTROL}\\Windows")
    if node is not None:
        view.lend(node, "CSDVersion", REG_DWORD, version.service_pack.to_bytes(4, "little"))
    node = view.find(view.root, f"{CONTROL}\\ProductOptions")
    if node is not None:
        view.lend(node, "ProductType", REG_SZ, string_data("ServerNT" if version.server else "WinNT"))
