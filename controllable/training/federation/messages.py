"""Arrays as Flower's messages carry them."""

from flwr.app import Array, ArrayRecord

from controllable.training.federation.shared import Arrays


def to_record(arrays: Arrays) -> ArrayRecord:
    return ArrayRecord({name: Array(value) for name, value in arrays.items()})


def from_record(record: ArrayRecord) -> Arrays:
    return {name: value.numpy() for name, value in record.items()}
