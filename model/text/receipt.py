"""The receipt of a poem: a short code that, with the prompt, writes the same poem again.

30 bytes hold the format, 32 bits of the model's hash, the parameters, the decoder, the seed, a 16-bit check of the
prompt and a checksum; in base 32 they are 48 characters that can be typed and survive a change of case.
"""

import base64
import binascii
import hashlib
import struct
import zlib
from dataclasses import dataclass

from model.text.parameters import Parameters
from model.text.poem import opening

FORMAT = 1
_LAYOUT = struct.Struct(">B I 3H B H H B H ? I H")  # the fields of `write`, in their order


class InvalidReceipt(ValueError):  # noqa: N818  what it is, not where it is raised
    """The code is no receipt; the message says why."""


@dataclass(frozen=True)
class Receipt:
    """What a poem was made from. `model` and `prompt_check` can only be compared, not read back."""

    model: int
    parameters: Parameters
    loop: bool  # written token by token: over 256 tokens that is another poem than the graph's
    seed: int
    prompt_check: int


def model_number(model_hash: str) -> int:
    """Return the 32 bits of a model's hexadecimal hash that a receipt holds."""
    return int(model_hash[:8], 16)


def prompt_check(prompt: str) -> int:
    """Return the 16 bits by which a receipt knows its prompt; trailing white space, which no poem shows, is ignored."""
    return int.from_bytes(hashlib.sha256(opening(prompt).encode()).digest()[:2], "big")


def write(receipt: Receipt) -> str:
    """Return the code of a receipt."""
    p = receipt.parameters
    head = (FORMAT, receipt.model, p.top_k, p.line_start_k, p.chaos_k)
    hundredths = (round(p.chaos * 100), round((p.temperature or 0) * 100))
    tail = (p.max_tokens, p.max_lines, p.max_chars or 0, receipt.loop, receipt.seed, receipt.prompt_check)
    body = _LAYOUT.pack(*head, *hundredths, *tail)
    return base64.b32encode(body + struct.pack(">I", zlib.crc32(body))).decode()


def read(code: str) -> Receipt:
    """Return the receipt of a code. InvalidReceipt where it was mistyped or comes from another format."""
    try:
        data = base64.b32decode(code.strip().upper() + "=" * (-len(code.strip()) % 8))
        body, checksum = data[:-4], struct.unpack(">I", data[-4:])[0]
        if zlib.crc32(body) != checksum or len(body) != _LAYOUT.size:
            raise InvalidReceipt("the code is mistyped or incomplete")
    except (binascii.Error, struct.error, UnicodeEncodeError, ValueError):
        raise InvalidReceipt("the code is mistyped or incomplete") from None
    form, model, *rest, loop, seed, check = _LAYOUT.unpack(body)
    if form != FORMAT:
        raise InvalidReceipt(f"the code is of format {form}; this service knows {FORMAT}")
    return Receipt(model, _parameters(rest), loop, seed, check)


def _parameters(numbers: list[int]) -> Parameters:
    top_k, line_start_k, chaos_k, chaos, temperature, max_tokens, max_lines, max_chars = numbers
    return Parameters(
        top_k, line_start_k, chaos_k, chaos / 100, temperature / 100 or None, max_tokens, max_lines, max_chars or None
    )
