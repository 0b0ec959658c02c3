"""`python -m serving` that gives a client half a second for a request."""

import sys

from serving import server
from serving.__main__ import main

assert server._RECEIVE_SECONDS > 1
server._RECEIVE_SECONDS = 0.5
sys.exit(main())
