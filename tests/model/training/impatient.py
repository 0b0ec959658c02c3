"""`python -m model` that waits SECONDS, its first argument, for the other processes of a run."""

import sys

from model.__main__ import main
from model.training import joining, machines

joining.JOIN_SECONDS, joining.LEAVE_SECONDS, machines.FOLDER_SECONDS = float(sys.argv[1]), 10, 0.5
joining.HEARTBEAT_SECONDS = 20
main(sys.argv[2:])
