"""Check every checksum that a model file carries; collect all failures, then speak once."""

from __future__ import annotations

from loadstone.errors import LoadstoneError
from loadstone.facts import Failure, ModelFile, Verification


def verify(model: ModelFile) -> Verification:
    """Read every tensor that a checksum covers, in this model and in its parts, and compare.

    Nothing is raised for a wrong checksum or unreadable bytes: they are `failures`.
    """
    checked = nbytes = unprotected = 0
    failures: list[Failure] = []
    for tensor in model.tensors.all:
        if tensor.verify is None:
            unprotected += 1
            continue
        try:
            tensor.verify()
        except LoadstoneError as error:
            failures.append(Failure(tensor.spec.name, str(error)))
        else:
            checked += 1
            nbytes += tensor.spec.nbytes
    for part in model.parts:
        if part.tensors is model.tensors:
            # An archive shows the tensors of the model in it as its own.
            continue
        inner = verify(part)
        checked, nbytes = checked + inner.checked, nbytes + inner.nbytes
        unprotected += inner.unprotected
        failures += [Failure(f"{part.source}: {failure.name}", failure.reason) for failure in inner.failures]
    return Verification(checked, nbytes, unprotected, tuple(failures))
