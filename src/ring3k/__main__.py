"""``python -m ring3k``: the same as ``ring3k``."""

import sys

from ring3k.cli import main

sys.exit(main())
