"""python -m controllable"""

import sys

from controllable.cli import main

sys.exit(main())
