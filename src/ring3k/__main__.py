"""``python -m ring3k``: the same as ``ring3k``."""

from ring3k.cli import command

command()
