"""The receipt of a poem: a short code that, together with the prompt, reproduces the poem.

30 bytes hold the format, 32 bits of the model's hash, the parameters, the decoder, the seed, a 16-bit hash of the
prompt and a checksum. In base 32 they are 48 characters, easy to type and not case-sensitive.
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
    """The code is not a valid receipt; the message says why."""


@dataclass(frozen=True)
class Receipt:
    """What a poem was generated from. `model` and `prompt_check` are hashes: they can only be compared."""

    model: int
    parameters: Parameters
    loop: bool  # generated token by token: beyond 256 tokens the poem differs from the graph's
    seed: int
    prompt_check: int


def model_number(model_hash: str) -> int:
    """Return the 32 bits of a model's hexadecimal hash that a receipt stores."""
    return int(model_hash[:8], 16)


def prompt_check(prompt: str) -> int:
    """Return the 16-bit hash that identifies a receipt's prompt; trailing white space, which poems drop, is ignored."""
    return int.from_bytes(hashlib.sha256(opening(prompt).encode()).digest()[:2], "big")


def write(receipt: Receipt) -> str:
    """Encode a receipt."""
    p = receipt.parameters
    head = (FORMAT, receipt.model, p.top_k, p.line_start_k, p.chaos_k)
    hundredths = (round(p.chaos * 100), round((p.temperature or 0) * 100))
    tail = (p.max_tokens, p.max_lines, p.max_chars or 0, receipt.loop, receipt.seed, receipt.prompt_check)
    body = _LAYOUT.pack(*head, *hundredths, *tail)
    return base64.b32encode(body + struct.pack(">I", zlib.crc32(body))).decode()


def read(code: str) -> Receipt:
    """Decode a receipt. InvalidReceipt if the code is mistyped or of another format."""
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
