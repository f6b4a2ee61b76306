"""Messages about the Python environment, each after its fault."""

from __future__ import annotations

WORDINGS = [
    (
        "env-protobuf-too-new",
        (
            "TypeError: Descriptors cannot not be created directly.\nIf this call came from a _pb2.py "
            "file, your generated code is out of date and must be regenerated with protoc >= 3.19.0."
        ),
    ),
    (
        "env-protobuf-too-new",
        ("TypeError: Descriptors cannot be created directly.\nIf this call came from a _pb2.py file"),
    ),
    ("env-protobuf-too-new", "AttributeError: 'MessageFactory' object has no attribute 'GetPrototype'"),
    ("env-protobuf-too-old", "ImportError: cannot import name 'runtime_version' from 'google.protobuf'"),
    (
        "env-protobuf-too-old",
        ("ImportError: cannot import name 'builder' from 'google.protobuf.internal' (/usr/lib/x)"),
    ),
    (
        "env-numpy2-abi",
        ("A module that was compiled using NumPy 1.x cannot be run in\nNumPy 2.0.2 as it may crash."),
    ),
    ("env-numpy2-abi", "RuntimeError: module compiled against API version 0x10 but this version of numpy is 0xf"),
    (
        "env-numpy2-abi",
        (
            "ValueError: numpy.dtype size changed, may indicate binary incompatibility. Expected 96 f"
            "rom C header, got 88 from PyObject"
        ),
    ),
    (
        "env-numpy2-abi",
        ("AttributeError: `np.float_` was removed in the NumPy 2.0 release. Use `np.float64` instead."),
    ),
    ("env-pycocotools-numpy", "TypeError: 'numpy.float64' object cannot be interpreted as an integer"),
    ("env-cpu-no-avx", "Illegal instruction (core dumped)"),
    (
        "env-cpu-no-avx",
        (
            "F tensorflow/core/platform/cpu_feature_guard.cc:37] The TensorFlow library was compiled "
            "to use AVX instructions, but these aren't available on your machine."
        ),
    ),
    (
        "env-cpu-no-avx2",
        ("The TensorFlow library was compiled to use AVX2 instructions, but these aren't available on your machine."),
    ),
    (
        "env-cpu-no-avx",
        (
            "ImportError: DLL load failed: A dynamic link library (DLL) initialization routine failed"
            ".\nFailed to load the native TensorFlow runtime."
        ),
    ),
    (
        "odapi-protos-not-compiled",
        ("ImportError: cannot import name 'string_int_label_map_pb2' from 'object_detection.protos'"),
    ),
    ("odapi-protos-not-compiled", "ModuleNotFoundError: No module named 'object_detection.protos.model_pb2'"),
    ("odapi-pythonpath", "ModuleNotFoundError: No module named 'object_detection'"),
    ("odapi-pythonpath", "ModuleNotFoundError: No module named 'nets'"),
    ("odapi-pythonpath", "ModuleNotFoundError: No module named 'deployment'"),
    ("env-protobuf-too-old", "TypeError: __new__() got an unexpected keyword argument 'serialized_options'"),
    (
        "env-protobuf-too-old",
        ("AttributeError: module 'google.protobuf.descriptor' has no attribute '_internal_create_key'"),
    ),
    ("odapi-protos-not-compiled", "ImportError: cannot import name 'anchor_generator_pb2'"),
]
