"""The receipt of a poem: a short code that, together with the prompt, reproduces the poem.

35 bytes hold the format, 32 bits of the model's hash, the parameters, the decoder, the seed, a 16-bit hash of the
prompt and a checksum. In base 32 they are 56 characters, easy to type and not case-sensitive. Format 1, of 48, knew
neither the decoder `verse` nor its three parameters.
"""

import base64
import hashlib
import struct
import zlib
from dataclasses import dataclass, replace

from model.text.parameters import DECODERS, FREE, LIKE_PROMPT, METRES, SCHEMES, Parameters
from model.text.poem import opening

FORMAT = 3
# The fields of `write`, in their order, by the format.
_LAYOUTS = {1: struct.Struct(">B I 3H B H H B H B I H"), FORMAT: struct.Struct(">B I 3H B H H B H B I H 3B 2x")}
_METRES = (*METRES, LIKE_PROMPT, FREE)


class InvalidReceipt(ValueError):  # noqa: N818  what it is, not where it is raised
    """The code is not a valid receipt; the message says why."""


@dataclass(frozen=True)
class Receipt:
    """What a poem was generated from. `model` and `prompt_check` are hashes: they can only be compared."""

    model: int
    parameters: Parameters
    decoder: str  # of DECODERS
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
    decoder = DECODERS.index(receipt.decoder)
    tail = (p.max_tokens, p.max_lines, p.max_chars or 0, decoder, receipt.seed, receipt.prompt_check)
    verse = (SCHEMES.index(p.scheme), _METRES.index(p.metre), p.candidates)
    body = _LAYOUTS[FORMAT].pack(*head, *hundredths, *tail, *verse)
    return base64.b32encode(body + struct.pack(">I", zlib.crc32(body))).decode()


def read(code: str) -> Receipt:
    """Decode a receipt. InvalidReceipt if the code is mistyped or of another format."""
    try:
        data = base64.b32decode(code.strip().upper() + "=" * (-len(code.strip()) % 8))
        body, checksum = data[:-4], struct.unpack(">I", data[-4:])[0]
    except (ValueError, struct.error):
        body, checksum = b"", -1
    if zlib.crc32(body) != checksum:
        raise InvalidReceipt("the code is mistyped or incomplete")
    return _receipt(body)


def _receipt(body: bytes) -> Receipt:
    layout = _LAYOUTS.get(body[0])
    if layout is None or len(body) != layout.size:
        raise InvalidReceipt(
            f"the code is of format {body[0]}; this service supports {' and '.join(map(str, _LAYOUTS))}"
        )
    _, model, *numbers = layout.unpack(body)
    parameters, (decoder, seed, check), verse = numbers[:8], numbers[8:11], numbers[11:]
    return Receipt(model, _parameters(parameters, verse), DECODERS[decoder], seed, check)


def _parameters(numbers: list[int], verse: list[int]) -> Parameters:
    top_k, line_start_k, chaos_k, chaos, temperature, max_tokens, max_lines, max_chars = numbers
    plain = Parameters(
        top_k, line_start_k, chaos_k, chaos / 100, temperature / 100 or None, max_tokens, max_lines, max_chars or None
    )
    if not verse:
        return plain
    scheme, metre, candidates = verse
    return replace(plain, scheme=SCHEMES[scheme], metre=_METRES[metre], candidates=candidates)
