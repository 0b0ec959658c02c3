"""The commands of `python -m model`: one module per family of commands, each with `add(commands)`."""
