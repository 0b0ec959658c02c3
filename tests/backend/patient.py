"""`python -m backend` that waits a minute for the status of its models."""

import sys

from backend import models
from backend.__main__ import main

assert models._LOOK_SECONDS > 0
models._LOOK_SECONDS = 60.0
sys.exit(main())
