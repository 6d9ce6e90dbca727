"""What a fresh machine's registry holds.

``defaults.reg`` beside this file is the content; what differs from version to
version, or from host to host, is filled in here.
"""

from __future__ import annotations

import os
import time

from ring3k.abi.access import KEY_READ, READ_CONTROL, WRITE_DAC
from ring3k.abi.structs.se import CONTAINER_INHERIT_ACE
from ring3k.abi.version import Version
from ring3k.cm.apply import apply, make_link
from ring3k.cm.key import Key
from ring3k.cm.node import HIVE, MASTER
from ring3k.cm.regfile import HEAD5, parse
from ring3k.cm.registry import Registry
from ring3k.se.acl import allow, build_acl
from ring3k.se.descriptor import Descriptor
from ring3k.se.sid import (
    ADMINISTRATORS,
    FIRST_USER,
    FIRST_USER_TEXT,
    LOCAL_SYSTEM,
    RESTRICTED,
    WORLD,
)

HIVES = {"MACHINE": ("SYSTEM", "SOFTWARE", "SAM", "SECURITY"), "USER": (".DEFAULT",)}
PRIVATE = ("SAM", "SECURITY")
_PRODUCTS = {
    "nt40": "Microsoft Windows NT",
    "nt50": "Microsoft Windows 2000",
    "nt51": "Microsoft Windows XP",
    "nt52": "Microsoft Windows Server 2003",
    "nt100": "Windows 10 Pro",
}
_LINKS = {
    "MACHINE\\SYSTEM\\CurrentControlSet": "\\Registry\\Machine\\SYSTEM\\ControlSet001",
    "MACHINE\\SYSTEM\\ControlSet001\\Hardware Profiles\\Current": (
        "\\Registry\\Machine\\SYSTEM\\ControlSet001\\Hardware Profiles\\0001"
    ),
    "USER\\S-1-5-18": "\\Registry\\User\\.DEFAULT",
    f"USER\\{FIRST_USER_TEXT}": "\\Registry\\User\\.DEFAULT",
}
_SINCE = {"USER\\S-1-5-18": 51, f"USER\\{FIRST_USER_TEXT}": 100}  # levels of versions


def fill(registry: Registry, version: Version) -> None:
    """Fill an empty registry; nothing if another kernel has done so meanwhile."""
    root = registry.root
    public, private, users = _descriptors()
    with registry.together():
        if registry.child(root, "MACHINE") is not None:
            return
        registry.set_security(root, public)
        for master, hives in HIVES.items():
            above = registry.create(root, master, flags=MASTER, security=public)
            for hive in hives:
                security = private if hive in PRIVATE else public
                if master == "USER" and version.level >= 100:
                    security = users
                registry.create(above, hive, flags=HIVE, security=security)
        apply(registry, parse(_text(version)))
        for path, target in _LINKS.items():
            if version.level < _SINCE.get(path, 0):
                continue
            make_link(registry, f"\\Registry\\{path}", target.encode("utf-16-le"))


def _descriptors() -> tuple[bytes, bytes, bytes]:
    """What everybody may read, what only the system may, and what is a user's; all below inherit them."""
    everything = Key.rights.mapping.all
    own = (
        allow(LOCAL_SYSTEM, everything, CONTAINER_INHERIT_ACE),
        allow(ADMINISTRATORS, everything, CONTAINER_INHERIT_ACE),
    )
    read = (
        allow(WORLD, KEY_READ, CONTAINER_INHERIT_ACE),
        allow(RESTRICTED, KEY_READ, CONTAINER_INHERIT_ACE),
    )
    system = (
        allow(LOCAL_SYSTEM, everything, CONTAINER_INHERIT_ACE),
        allow(ADMINISTRATORS, READ_CONTROL | WRITE_DAC, CONTAINER_INHERIT_ACE),
    )
    public = Descriptor(ADMINISTRATORS, LOCAL_SYSTEM, build_acl((*own, *read)))
    private = Descriptor(ADMINISTRATORS, LOCAL_SYSTEM, build_acl(system))
    user = allow(FIRST_USER, everything, CONTAINER_INHERIT_ACE)
    users = Descriptor(ADMINISTRATORS, LOCAL_SYSTEM, build_acl((*own, user, *read)))
    return public.raw, private.raw, users.raw


def _text(version: Version) -> str:
    """defaults.reg as it is for this version."""
    bias = -(time.localtime().tm_gmtoff or 0) // 60
    words = {
        "computer": "RING3K",
        "host": "ring3k",
        "processors": str(version.processors),
        "bias": f"{bias & 0xFFFFFFFF:08x}",
        "zone": time.tzname[0],
        "csd": f"{version.service_pack:08x}",
        "pack": version.service_pack_name,
        "build": str(version.build),
        "version": f"{version.major}.{version.minor}",
        "product": _PRODUCTS[version.name],
        "root": version.system_root.partition("\\")[2],
        "system_root": version.system_root.replace("\\", "\\\\"),
    }
    lines = [HEAD5]
    with open(os.path.join(os.path.dirname(__file__), "defaults.reg"), encoding="utf-8") as file:
        content = file.read()
    for raw in content.splitlines()[1:]:
        only, _, rest = raw.partition(" ")
        if only not in _PRODUCTS:
            lines.append(raw)
        elif only == version.name:
            lines.append(rest)
    text = "\n".join(lines)
    for word, value in words.items():
        text = text.replace("{" + word + "}", value)
    return text
