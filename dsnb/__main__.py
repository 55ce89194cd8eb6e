"""``python -m dsnb`` is the command ``dsnb``."""

import sys

from dsnb.cli import main

sys.exit(main())
