"""PredictRequest to named tensors, and tensors to PredictResponse, with TF-Serving's checks and messages."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from tensorflow_serving.apis.predict_pb2 import PredictResponse

from serving.engine import DEFAULT_SIGNATURE, Engine, Signature
from serving.errors import Code, ServingError, invalid
from serving.grpc import tensors


def find_signature(loaded: Engine, name: str) -> Signature:
    """Return the named signature; an unknown one has another code and message than over REST."""
    try:
        return loaded.signature(name)
    except ServingError as error:
        message = f'Serving signature key "{name or DEFAULT_SIGNATURE}" not found.'
        raise ServingError(Code.FAILED_PRECONDITION, message) from error


def input_tensors(request: Any, signature: Signature) -> dict[str, np.ndarray]:
    """Return the request's tensors; raise ServingError if names or types differ from the signature."""
    sent, wanted = set(request.inputs), set(signature.inputs)
    if len(sent) != len(wanted):
        message = (
            f"input size does not match signature: {len(sent)}!={len(wanted)} "
            f"len({_written(sent)}) != len({_written(wanted)}). "
            f"Sent extra: {_written(sent - wanted)}. Missing but required: {_written(wanted - sent)}."
        )
        raise invalid(message)
    for alias in sorted(sent - wanted):
        message = (
            f"input tensor alias not found in signature: {alias}. Inputs expected to be in the set {_written(wanted)}."
        )
        raise invalid(message)
    return {alias: _input(request.inputs[alias], alias, signature) for alias in signature.inputs}


def output_names(request: Any, signature: Signature) -> Sequence[str]:
    """Return the requested outputs, by default all."""
    seen: set[str] = set()
    for alias in request.output_filter:
        if alias not in signature.outputs:
            message = (
                f"output tensor alias not found in signature: {alias} "
                f"Outputs expected to be in the set {_written(signature.outputs)}."
            )
            raise invalid(message)
        if alias in seen:
            message = f"duplicate output tensor alias: {alias}"
            raise invalid(message)
        seen.add(alias)
    return tuple(request.output_filter) or signature.outputs


def response(spec: Any, number: int, outputs: dict[str, np.ndarray], *, as_content: bool) -> PredictResponse:
    """Return the reply to a request for `spec`, answered by version `number`."""
    reply = PredictResponse()
    reply.model_spec.name = spec.name
    reply.model_spec.version.value = number
    reply.model_spec.signature_name = spec.signature_name or DEFAULT_SIGNATURE
    for name, array in outputs.items():
        tensors.write(reply.outputs[name], name, array, as_content=as_content)
    return reply


def _input(tensor: Any, alias: str, signature: Signature) -> np.ndarray:
    array = tensors.read(alias, tensor)
    provided, expected = tensors.type_name(tensor), signature.inputs[alias]
    if provided != expected:
        position = list(signature.inputs).index(alias)
        message = f"Expects arg[{position}] to be {expected} but {provided} is provided"
        raise invalid(message)
    return array


def _written(names: Iterable[str]) -> str:
    return f"{{{','.join(sorted(names))}}}"
