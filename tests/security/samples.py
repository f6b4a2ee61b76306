"""Hostile files, one small builder per attack class; the names follow the rows of the attack table.

Each builder writes below `folder` and returns the path to hand to the command. `canary` is a file that must never be
opened or written: what a successful attack would read or make.
"""

from __future__ import annotations

import base64
import io
import json
import marshal
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Builder = Callable[[Path, Path], Path]
SAMPLES: dict[str, Builder] = {}


def sample(build: Builder) -> Builder:
    """Put a builder into the table under its own name."""
    SAMPLES[build.__name__.replace("_", "-")] = build
    return build


def _lambda_config(canary: Path) -> dict[str, Any]:
    code = compile(f"open({str(canary)!r}, 'w').write('ran')", "evil", "exec")
    return {"class_name": "__lambda__", "config": {"value": base64.b64encode(marshal.dumps(code)).decode()}}


def _layer(class_name: str, **config: Any) -> dict[str, Any]:
    return {"module": "keras.layers", "class_name": class_name, "config": {"name": class_name.lower(), **config}}


def _sequential(*layers: dict[str, Any]) -> dict[str, Any]:
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "m", "layers": [_layer("InputLayer", batch_shape=[None, 4]), *layers]},
        "registered_name": None,
    }


def _keras_zip(path: Path, config: dict[str, Any], *, raw: bytes | None = None) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.5.0", "date_saved": "2026-01-01@00:00:00"}))
        archive.writestr("config.json", raw if raw is not None else json.dumps(config))
        archive.writestr("model.weights.h5", _h5(lambda file: file.create_group("layers")))
    return path


def _h5(fill: Callable[[Any], object]) -> bytes:
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


@sample
def lambda_layer(folder: Path, canary: Path) -> Path:
    layer = _layer("Lambda", function=_lambda_config(canary))
    return _keras_zip(folder / "m.keras", _sequential(layer))


@sample
def lambda_elsewhere(folder: Path, canary: Path) -> Path:
    config = _sequential(_layer("Dense", units=1, activation=_lambda_config(canary)))
    config["compile_config"] = {"loss": _lambda_config(canary)}
    return _keras_zip(folder / "m.keras", config)


@sample
def foreign_module(folder: Path, canary: Path) -> Path:
    evil = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
    return _keras_zip(folder / "m.keras", _sequential(_layer("Dense", units=1, activation=evil), evil))


@sample
def gadget_in_keras(folder: Path, canary: Path) -> Path:
    config = _sequential(
        {
            "module": "keras.utils",
            "class_name": "function",
            "config": "get_file",
            "registered_name": "get_file",
            "inbound_nodes": [{"args": ["f", f"file://{canary}"], "kwargs": {}}],
        }
    )
    return _keras_zip(folder / "m.keras", config)


@sample
def lambda_in_hdf5(folder: Path, canary: Path) -> Path:
    legacy = base64.b64encode(marshal.dumps(compile(f"open({str(canary)!r},'w')", "evil", "exec"))).decode()
    config = _sequential(_layer("Lambda", function=[legacy, None, None], function_type="lambda"))
    path = folder / "m.h5"
    path.write_bytes(
        _h5(lambda file: file.attrs.update({"model_config": json.dumps(config), "keras_version": "2.9.0"}))
    )
    return path


@sample
def vocabulary_path(folder: Path, canary: Path) -> Path:
    return _keras_zip(folder / "m.keras", _sequential(_layer("StringLookup", vocabulary=str(canary))))


@sample
def saved_model_layer(folder: Path, canary: Path) -> Path:
    return _keras_zip(folder / "m.keras", _sequential(_layer("TFSMLayer", filepath=str(canary.parent))))


@sample
def torch_wrapper(folder: Path, canary: Path) -> Path:
    blob = base64.b64encode(pickle.dumps(canary)).decode()
    return _keras_zip(folder / "m.keras", _sequential(_layer("TorchModuleWrapper", module=blob)))


@sample
def external_link(folder: Path, canary: Path) -> Path:
    import h5py

    path = folder / "m.h5"
    path.write_bytes(_h5(lambda file: file.__setitem__("model_weights", h5py.ExternalLink(str(canary), "/"))))
    return path


@sample
def soft_link(folder: Path, canary: Path) -> Path:
    import h5py

    path = folder / "m.h5"
    path.write_bytes(_h5(lambda file: file.__setitem__("model_weights", h5py.SoftLink("/model_weights"))))
    return path


@sample
def external_storage(folder: Path, canary: Path) -> Path:
    def fill(file: Any) -> None:
        group = file.create_group("model_weights/dense/dense")
        group.create_dataset("kernel:0", shape=(4,), dtype="f4", external=[(str(canary), 0, 16)])

    path = folder / "m.h5"
    path.write_bytes(_h5(fill))
    return path


@sample
def virtual_dataset(folder: Path, canary: Path) -> Path:
    import h5py

    def fill(file: Any) -> None:
        layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
        layout[:] = h5py.VirtualSource(str(canary), "x", shape=(4,))
        file.create_group("model_weights").create_virtual_dataset("kernel:0", layout)

    path = folder / "m.h5"
    path.write_bytes(_h5(fill))
    return path


@sample
def shape_bomb(folder: Path, canary: Path) -> Path:
    def fill(file: Any) -> None:
        group = file.create_group("model_weights")
        group.create_dataset("kernel:0", shape=(1 << 30, 4), chunks=(1 << 20, 4), dtype="f4", compression="gzip")

    path = folder / "m.h5"
    path.write_bytes(_h5(fill))
    return path


@sample
def zip_bomb(folder: Path, canary: Path) -> Path:
    path = folder / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", b" " * (300 << 20))
    return path


@sample
def zip_names(folder: Path, canary: Path) -> Path:
    path = folder / "m.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("../../escape.txt", str(canary), "C:\\evil", "a/../../b", "saved_model.pb"):
            archive.writestr(name, b"x")
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, str(canary))
    return path


@sample
def duplicate_members(folder: Path, canary: Path) -> Path:
    path = folder / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(_sequential()))
        archive.writestr("metadata.json", "{}")
    first = path.read_bytes()
    # The second central record is renamed to the first one's name, so that two readers would disagree.
    path.write_bytes(first.replace(b"metadata.json", b"config.json\0\0"))
    return path


@sample
def file_ops_in_graph(folder: Path, canary: Path) -> Path:
    node = _field(1, _field(1, b"steal") + _field(2, b"ReadFile") + _field(3, b"name"))
    function = _field(2, _field(1, _field(1, _field(1, b"f")) + _field(3, _field(1, b"w") + _field(2, b"WriteFile"))))
    graph = node + function
    meta = _field(1, _field(4, b"serve")) + _field(2, graph)
    (folder / "saved_model.pb").write_bytes(b"\x08\x01" + _field(2, meta))
    return folder


@sample
def keras_metadata_lambda(folder: Path, canary: Path) -> Path:
    meta = _field(1, _field(4, b"serve")) + _field(2, _field(1, _field(1, b"x") + _field(2, b"Placeholder")))
    (folder / "saved_model.pb").write_bytes(b"\x08\x01" + _field(2, meta))
    blob = json.dumps({"class_name": "Lambda", "config": {"function": _lambda_config(canary)}}).encode()
    (folder / "keras_metadata.pb").write_bytes(_field(1, _field(3, b"root.layer-0") + _field(5, blob)))
    return folder


@sample
def asset_outside(folder: Path, canary: Path) -> Path:
    asset = _field(6, _field(1, _field(1, b"x:0")) + _field(2, b"../" + canary.name.encode()))
    meta = _field(1, _field(4, b"serve")) + _field(2, b"") + asset
    (folder / "saved_model.pb").write_bytes(b"\x08\x01" + _field(2, meta))
    return folder


@sample
def huge_splat(folder: Path, canary: Path) -> Path:
    shape = _field(2, b"\x08" + _varint(1 << 40)) + _field(2, b"\x08" + _varint(1 << 40))
    tensor = b"\x08\x01" + _field(2, shape) + _field(5, struct.pack("<f", 1.0))
    attr = _field(5, _field(1, b"value") + _field(2, _field(8, tensor)))
    node = _field(1, _field(1, b"c") + _field(2, b"Const") + attr)
    path = folder / "frozen.pb"
    path.write_bytes(node * 3)
    return path


@sample
def deep_protobuf(folder: Path, canary: Path) -> Path:
    inner = b""
    for _ in range(20_000):
        inner = _field(6, _field(2, inner))
    attr = _field(5, _field(1, b"f") + _field(2, _field(10, inner)))
    path = folder / "deep.pb"
    path.write_bytes(_field(1, _field(1, b"c") + _field(2, b"Const") + attr))
    return path


@sample
def tflite_offsets(folder: Path, canary: Path) -> Path:
    path = folder / "m.tflite"
    path.write_bytes(struct.pack("<I", 0x7FFFFFF0) + b"TFL3" + bytes(64))
    return path


@sample
def pickled(folder: Path, canary: Path) -> Path:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (open, (str(canary), "w"))

    path = folder / "model.pkl"
    path.write_bytes(pickle.dumps(Evil()))
    return path


@sample
def pickled_npy(folder: Path, canary: Path) -> Path:
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
    path = folder / "w.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + pickle.dumps([canary]))
    return path


@sample
def yaml_tags(folder: Path, canary: Path) -> Path:
    path = folder / "model.yaml"
    evil = f"!!python/object/apply:builtins.open ['{canary}', w]"
    path.write_text(f"backend: tensorflow\nclass_name: Sequential\nconfig: {evil}\nkeras_version: 2.2.4\n")
    return path


@sample
def deep_json(folder: Path, canary: Path) -> Path:
    return _keras_zip(folder / "m.keras", {}, raw=b"[" * 200_000 + b"]" * 200_000)


@sample
def hostile_tar(folder: Path, canary: Path) -> Path:
    path = folder / "m.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in ("../escape", str(canary), "m/saved_model.pb"):
            info = tarfile.TarInfo(name)
            info.size = 1
            archive.addfile(info, io.BytesIO(b"x"))
        for kind, name in ((tarfile.SYMTYPE, "m/link"), (tarfile.LNKTYPE, "m/hard"), (tarfile.CHRTYPE, "m/device")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, str(canary)
            archive.addfile(info)
    return path


@sample
def link_out_of_the_folder(folder: Path, canary: Path) -> Path:
    (folder / "saved_model.pb").symlink_to(canary)
    (folder / "variables").mkdir()
    (folder / "variables" / "variables.index").symlink_to(canary)
    return folder


@sample
def named_pipe(folder: Path, canary: Path) -> Path:
    import os

    os.mkfifo(folder / "saved_model.pb")
    return folder


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content
