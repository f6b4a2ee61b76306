"""An ONNX graph while it is written: nodes, constants and the bytes at the end, without the package `onnx`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from loadstone.graphs.write import limited
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.onnx import MODEL, NODE, TENSOR

FLOAT, UINT8, INT64, BOOL = 1, 2, 7, 9
"""ONNX's numbers for types."""

TYPES = {"float32": FLOAT, "uint8": UINT8, "int64": INT64, "bool": BOOL}

OPSET = 17
"""The operations of December 2022, the newest that OpenVINO, TensorRT and ONNX Runtime of the last years all know."""

IR_VERSION = 8

Attribute = int | float | str | Sequence[int]


class OnnxWriter:
    """Collects nodes; a result is known by its name."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._known: dict[tuple[Any, ...], str] = {}
        self._count = 0

    def fresh(self, wanted: str) -> str:
        """Return a name that nothing has yet."""
        self._count += 1
        return f"{wanted}_{self._count}"

    def add(self, op: str, inputs: Sequence[str], results: Sequence[str] = (), **attributes: Attribute) -> str:
        """Add a node and return its first result; `results` names them where there are several or one is an output."""
        names = list(results) or [self.fresh(op)]
        node = {
            "input": list(inputs),
            "output": names,
            "name": f"{names[0]}/{op}",
            "op_type": op,
            "attribute": [_attribute(name, value) for name, value in attributes.items()],
        }
        self._nodes.append(encode(NODE, node))
        return names[0]

    def constant(self, values: npt.NDArray[Any], name: str = "") -> str:
        """Add a constant; small ones of equal content are one."""
        key = (values.dtype.name, values.shape, values.tobytes()) if values.size <= SMALL and not name else None
        if key is not None and key in self._known:
            return self._known[key]
        title = name or self.fresh("constant")
        little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
        tensor = {"dims": list(values.shape), "data_type": TYPES[values.dtype.name], "name": title}
        self._constants.append(encode(TENSOR, tensor | {"raw_data": little.tobytes()}))
        if key is not None:
            self._known[key] = title
        return title

    def model(
        self, name: str, inputs: Sequence[Any], outputs: Mapping[str, Sequence[int]], notes: Mapping[str, str]
    ) -> bytes:
        """Return the model's bytes; `LimitError` beyond protobuf's two gibibytes."""
        graph = {
            "node": self._nodes,
            "name": name,
            "initializer": self._constants,
            "input": list(inputs),
            "output": [value_info(title, FLOAT, shape) for title, shape in outputs.items()],
        }
        model = {
            "ir_version": IR_VERSION,
            "producer_name": "loadstone",
            "graph": graph,
            "opset_import": [{"domain": "", "version": OPSET}],
            "metadata_props": [{"key": key, "value": value} for key, value in notes.items()],
        }
        return limited(encode(MODEL, model))


SMALL = 64
"""Elements of a constant that is looked up before it is written again."""


def value_info(name: str, kind: int, shape: Sequence[int | str]) -> dict[str, Any]:
    """Return an input's or output's name, type and shape; a side that is a word is open."""
    dims = [{"dim_param": side} if isinstance(side, str) else {"dim_value": side} for side in shape]
    return {"name": name, "type": {"tensor_type": {"elem_type": kind, "shape": {"dim": dims}}}}


def _attribute(name: str, value: Attribute) -> dict[str, Any]:
    if isinstance(value, str):
        return {"name": name, "s": value.encode(), "type": 3}
    if isinstance(value, float):
        return {"name": name, "f": value, "type": 1}
    if isinstance(value, int):
        return {"name": name, "i": value, "type": 2}
    return {"name": name, "ints": list(value), "type": 7}
