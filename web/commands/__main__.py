"""`python -m web.commands` is `karigar`."""

import sys

from web.commands import main

sys.exit(main())
