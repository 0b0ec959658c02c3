"""What `python -m model` can do: a module a family of commands, each with `add(commands)`."""
