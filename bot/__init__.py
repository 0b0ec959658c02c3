"""The Telegram bot: answers a line with a poem from the backend. Run it with `python -m bot`."""
