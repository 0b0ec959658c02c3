import pytest

from model.errors import ModelError
from model.training.rank import ADDRESSES, INDEX, PROCESSES, Rank

BAD = {
    "10.0.0.1,2,0": "expected HOST:PORT,N,I",
    "10.0.0.1:7000": "expected HOST:PORT,N,I",
    "10.0.0.1:7000,2,-1": "expected HOST:PORT,N,I",
    "10.0.0.1:7000,two,0": "expected HOST:PORT,N,I",
    ":7000,2,0": "expected HOST:PORT,N,I",
    "": "expected HOST:PORT,N,I",
    "10.0.0.1:0,2,0": "the port must be between 1 and 65535",
    "10.0.0.1:65536,2,0": "the port must be between 1 and 65535",
    "10.0.0.1:7000,0,0": "the number of processes must be between 1 and 4096",
    "10.0.0.1:7000,2,2": "the index of 2 processes goes from 0 to 1",
}


@pytest.mark.parametrize(("given", "sentence"), BAD.items())
def test_a_place_that_cannot_be_is_refused(given: str, sentence: str) -> None:
    with pytest.raises(ModelError, match=f"--machines {given}: {sentence}"):
        Rank.read(given)


@pytest.mark.parametrize("address", ["10.0.0.1:7000", "train-0.train:65535", "[fd00::1]:1"])
def test_a_place_is_read(address: str) -> None:
    assert Rank.read(f"{address},3,2") == Rank(address, 3, 2)


def test_the_environment_names_the_place_as_keras_does() -> None:
    set_all = {ADDRESSES: "10.0.0.1:7000,10.0.0.2:7000", PROCESSES: "2", INDEX: "1"}
    assert Rank.of_environment(set_all) == Rank("10.0.0.1:7000", 2, 1)
    assert Rank.of_environment({}) is None


def test_half_a_place_in_the_environment_is_refused() -> None:
    with pytest.raises(ModelError, match=f"{INDEX}: set all three"):
        Rank.of_environment({ADDRESSES: "10.0.0.1:7000", PROCESSES: "2"})
