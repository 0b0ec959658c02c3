"""`python -m bot` that shows «typing…» often, and gives answers in progress little time when it stops."""

from bot import replies, service
from bot.__main__ import main

assert min(replies.TYPING_SECONDS, service.FINISH_SECONDS) > 1
replies.TYPING_SECONDS = service.FINISH_SECONDS = 0.3
main()
