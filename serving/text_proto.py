"""Configuration files in protobuf's text format.

TF-Serving's messages for batching and monitoring are not in tensorflow-serving-api; they are described here, with
their field names and types, so that the same parser reads the same files.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, wrappers_pb2

from serving.errors import ServingError, invalid

_PACKAGE = "tensorflow.serving"
_Field = descriptor_pb2.FieldDescriptorProto


def read(path: Path, message: Any) -> Any:
    """Return the message parsed from the file; raise ServingError that names the file and if possible the line."""
    try:
        content = path.read_bytes()
        return text_format.Parse(content.decode(), message)
    except OSError as error:
        raise refusal(path, str(error.strerror)) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refusal(path, f"line {line} is not UTF-8") from error
    except text_format.ParseError as error:
        text = f"Error parsing text-format {message.DESCRIPTOR.full_name}: {error}"
        raise refusal(path, text) from error


def refusal(path: Path, message: str) -> ServingError:
    """Return the error for an unusable file."""
    return invalid(f"Invalid protobuf file: '{path}': {message}")


def batching_parameters() -> Any:
    """Return an empty BatchingParameters."""
    integers = ("max_batch_size", "batch_timeout_micros", "max_enqueued_batches", "num_batch_threads")
    fields = dict.fromkeys((*integers, "max_execution_batch_size"), "google.protobuf.Int64Value")
    fields |= {"thread_pool_name": "google.protobuf.StringValue", "allowed_batch_sizes": "int64s"}
    fields |= {"pad_variable_length_inputs": "bool", "enable_large_batch_splitting": "google.protobuf.BoolValue"}
    return _message({"BatchingParameters": fields})


def monitoring_config() -> Any:
    """Return an empty MonitoringConfig."""
    prometheus = {"enable": "bool", "path": "string"}
    config = {"prometheus_config": f"{_PACKAGE}.PrometheusConfig"}
    return _message({"PrometheusConfig": prometheus, "MonitoringConfig": config})


def _message(descriptions: Mapping[str, Mapping[str, str]]) -> Any:
    """Return an instance of the last described message; a description maps fields to types, `int64s` is repeated."""
    last = list(descriptions)[-1]
    file = descriptor_pb2.FileDescriptorProto(name=f"{last}.proto", package=_PACKAGE, syntax="proto3")
    file.dependency.append(wrappers_pb2.DESCRIPTOR.name)
    for name, fields in descriptions.items():
        message = file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields.items(), 1):
            message.field.add(name=field, number=number, **_type(kind))
    pool = descriptor_pool.DescriptorPool()  # private: a later tensorflow-serving-api may define these too
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{last}"))()


def _type(kind: str) -> dict[str, Any]:
    scalars = {"bool": _Field.TYPE_BOOL, "string": _Field.TYPE_STRING, "int64s": _Field.TYPE_INT64}
    label = _Field.LABEL_REPEATED if kind == "int64s" else _Field.LABEL_OPTIONAL
    if kind in scalars:
        return {"type": scalars[kind], "label": label}
    return {"type": _Field.TYPE_MESSAGE, "type_name": f".{kind}", "label": label}
