"""Converting a corpus from one format to another."""

import argparse
from typing import TYPE_CHECKING

from model.commands.common import add_layout_options, add_reading_options, command, form, layout, say
from model.corpus.provenance import admitted, forgotten, made, record, sources, writing_in
from model.corpus.reading import read
from model.corpus.texts import write_lines
from model.errors import ModelError
from model.files.folder import sha256
from model.files.replacing import replacing

if TYPE_CHECKING:
    from model.commands.common import Commands


def add(commands: "Commands") -> None:
    """Declare the command."""
    parser = command(commands, convert, "source", "out")
    add_reading_options(parser)
    add_layout_options(
        parser.add_argument_group("writing", "OUT is a .jsonl file, or a .txt file with this layout:"),
        "write-",
    )


def convert(options: argparse.Namespace) -> None:
    """Write the texts of a corpus as JSON lines, or as plain text in the layout that you choose."""
    out = options.out
    if out.suffix not in {".jsonl", ".txt"}:
        raise ModelError(f"{out}: the output must be a .jsonl or a .txt file")
    if out.exists() and out.samefile(options.source):
        raise ModelError(f"{out}: the output would overwrite the corpus; choose another name")
    gone = forgotten(options.source, out)
    texts = admitted(read(options.source, form(options)), gone)
    with replacing(out) as new, new.open("w", encoding="utf-8", newline="\n") as file:
        if out.suffix == ".jsonl":
            counts = write_lines(file, texts)
        else:
            file.writelines(layout(options, "write_").write(text.text for text in texts))
    if out.suffix == ".jsonl":
        with writing_in(out.parent):
            how = {"counts": dict(counts), "sha256": sha256(out)}
            record(out, made(out, options.source, sources(options.source), gone, how))
    say(str(out))
