"""Receipts: short, typeable, and what was put in comes out."""

import random

import pytest

from model.text.parameters import BOUNDS, DECODERS, Parameters
from model.text.receipt import InvalidReceipt, Receipt, model_number, prompt_check, read, write

PARAMETERS = Parameters(2, 120, 47, 0.25, None, 160, 8, None)
RECEIPT = Receipt(0xDEADBEEF, PARAMETERS, decoder="loop", seed=2**32 - 1, prompt_check=65535)


def _edge(name: str, random_: random.Random) -> float | str | None:
    bound = BOUNDS[name]
    if bound.choices:
        return random_.choice(bound.choices)
    choices: list[float | None] = [bound.minimum, bound.maximum]
    if bound.kind == "number":
        choices.append(random_.randint(1, 100) / 100)
    if bound.nullable:
        choices.append(None)
    return random_.choice(choices)


@pytest.mark.parametrize("case", range(40))
def test_what_was_put_in_comes_out(case: int) -> None:
    random_ = random.Random(case)
    parameters = Parameters(**{name: _edge(name, random_) for name in Parameters.names()})  # type: ignore[arg-type]
    decoder = random_.choice(DECODERS)
    receipt = Receipt(random_.randrange(2**32), parameters, decoder, random_.randrange(2**32), random_.randrange(2**16))
    assert read(write(receipt)) == receipt


def test_a_code_is_short_and_typeable() -> None:
    code = write(RECEIPT)
    assert len(code) == 56
    assert code.isascii()
    assert code.isalnum()
    assert read(f" {code.lower()}\n") == RECEIPT


def test_a_code_of_the_first_format_is_still_read() -> None:
    code = "AHPK3PXPAABAA6AAF4MQAAAAUAEAAAAB77777777773VFIRB"
    assert read(code) == RECEIPT


def test_every_single_mistake_is_found() -> None:
    code = write(RECEIPT)
    for i in range(len(code)):
        for wrong in "A7":
            mistyped = code[:i] + wrong + code[i + 1 :]
            if mistyped != code:
                with pytest.raises(InvalidReceipt):
                    read(mistyped)


@pytest.mark.parametrize(
    "code",
    ["", "A", "щ", "0189", "=" * 8, "A" * 47, "A" * 48, "A" * 55, "A" * 56, "A" * 10000, "\x00", "🦊", " ", "AA AA"],
)
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(InvalidReceipt):
        read(code)


def test_a_receipt_knows_its_prompt_up_to_white_space_at_the_end() -> None:
    assert prompt_check("раз\r\nдва") == prompt_check("раз\nдва \n")
    assert prompt_check("раз") != prompt_check("Раз")
    assert 0 <= prompt_check("") < 2**16


def test_a_model_is_known_by_the_first_bits_of_its_hash() -> None:
    assert model_number("deadbeef" + "0" * 56) == RECEIPT.model
