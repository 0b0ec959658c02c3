"""The Telegram bot: answers a line with a poem that the backend writes.  `python -m bot`."""
