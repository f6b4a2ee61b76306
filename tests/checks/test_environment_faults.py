"""Faults of the environment: proved by versions, and recognised in messages (each with one that is not meant)."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import pytest

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import said
from loadstone.checks.registry import faults, module
from loadstone.environment.described import described
from loadstone.environment.here import here
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Finding

FAMILIES = ("python_env", "gpu", "memory")
NAMES = [name for name, (family, _) in faults().items() if family in FAMILIES]
CARD = Environment(name="card", packages={"tensorflow": "2.18.1"}, cuda={"driver": "570.1", "capability": "12.0"})


def _from(environment: Environment) -> list[Finding]:
    found: list[Finding] = []
    for name in NAMES:
        look = getattr(module(name), "from_environment", None)
        if look is not None:
            found += look(environment)
    return found


def _explained(text: str, environment: Environment | None = None) -> list[str]:
    """Return the faults of these families that a text shows: surest first, echoes last."""
    order = {"proved": 0, "likely": 1, "possible": 2}
    ranked: list[tuple[bool, int, int, str]] = []
    given = ErrorText(text, environment) if environment else ErrorText(text)
    for place, name in enumerate(NAMES):
        found = module(name)
        for saying in getattr(found, "TEXTS", ()):
            if match := saying.matches(text):
                certainty = said(found.FAULT, saying, match, text).certainty
                ranked.append((saying.echo, order[certainty], place, name))
        if hasattr(found, "from_text"):
            ranked += [(False, order[one.certainty], place, name) for one in found.from_text(given)]
    return [name for *_, name in sorted(ranked)]


VERSIONS = [
    ("tensorflow==2.10.1,protobuf==4.25.3", "env-protobuf-too-new"),
    ("tensorflow==1.15.0,protobuf==4.21.0,python==3.7", "env-protobuf-too-new"),
    ("tensorflow==2.12.0,protobuf==3.19.6", "env-protobuf-too-old"),
    ("tensorflow==2.21.0,protobuf==5.29.0", "env-protobuf-too-old"),
    ("tensorflow==2.15,numpy==2.0.2", "env-numpy2-abi"),
    ("tensorflow==2.17.1,numpy==2.1.0", "env-numpy2-abi"),
    ("tensorflow==2.3.0,numpy==1.21.6", "env-numpy-too-new"),
    ("tensorflow==2.8.0,numpy==1.24.4", "env-numpy-too-new"),
    ("tensorflow==2.3.0,h5py==3.1.0", "env-h5py3-with-old-keras"),
    ("keras==2.2.4,h5py==3.8.0", "env-h5py3-with-old-keras"),
    ("tensorflow==2.5,pycocotools==2.0.0", "env-pycocotools-numpy"),
    ("tensorflow==2.10,cudnn==8.0.5", "gpu-cudnn-too-old"),
    ("tensorflow==2.1.0,cuda==10.2", "gpu-cuda-version-mismatch"),
    ("tensorflow==2.15,driver==470.82.01", "gpu-cuda-version-mismatch"),
    ("tensorflow==2.18,capability==12.0", "gpu-arch-unsupported"),
]


@pytest.mark.parametrize(("description", "fault"), VERSIONS)
def test_versions_prove_a_fault(description: str, fault: str) -> None:
    found = _from(described(description))
    assert fault in [one.fault for one in found]
    assert all(one.evidence and one.help and one.fact for one in found)


@pytest.mark.parametrize(
    "description",
    [
        "tensorflow==2.21",
        "tensorflow==2.15",
        "tensorflow==2.10",
        "tensorflow==1.15,python==3.7",
        "tensorflow==2.4",
        "tensorflow==2.16",
        "tensorflow==2.18,cuda==12.8,cudnn==9.5.0,driver==570.86,capability==9.0",
        "tensorflow==2.10,cuda==11.8,cudnn==8.6.0",
        "keras==3.15.1",
        "numpy==2.1.0",
    ],
)
def test_what_the_tables_pin_is_without_a_fault(description: str) -> None:
    assert [one.fault for one in _from(described(description))] == []


def test_this_environment_is_judged_without_a_false_word() -> None:
    assert [one.fault for one in _from(here()) if one.severity == "error"] == []


def test_the_switch_to_pure_python_is_respected() -> None:
    broken = described("tensorflow==2.10.1,protobuf==4.25.3")
    switched = replace(broken, variables={"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python"})
    assert _from(broken)
    assert not _from(switched)


@pytest.mark.parametrize(
    ("tensorflow", "flags", "fault"),
    [
        ("2.12.0", {"sse4_2"}, ["env-cpu-no-avx"]),
        ("2.4.0", {"avx"}, ["env-cpu-no-avx2"]),
        ("2.4.0", {"sse4_2"}, ["env-cpu-no-avx"]),
        ("2.4.1", {"avx"}, []),
        ("1.5.0", {"sse4_2"}, []),
    ],
)
def test_the_processor_lacks_what_the_wheel_needs(tensorflow: str, flags: set[str], fault: list[str]) -> None:
    machine = Environment(machine="x86_64", packages={"tensorflow": tensorflow}, cpu_flags=frozenset(flags))
    assert [one.fault for one in _from(machine)] == fault
    assert _from(replace(machine, machine="aarch64")) == []
    assert _from(replace(machine, cpu_flags=None)) == []


def test_libraries_are_missed_only_where_there_is_a_driver() -> None:
    bare = Environment(name="here", packages={"tensorflow": "2.15.1"}, libraries={}, cuda={"driver": "550.54"})
    found = _from(bare)
    assert [one.fault for one in found] == ["gpu-libs-missing"]
    assert "libcudnn.so.8" in found[0].fact
    assert "tensorflow[and-cuda]==2.15.1" in found[0].help
    assert _from(replace(bare, cuda={})) == []
    whole = dict.fromkeys(
        ("libcudart.so.12", "libcublas.so.12", "libcublasLt.so.12", "libcufft.so.11", "libcusolver.so.11",
         "libcusparse.so.12", "libcudnn.so.8"), "/usr/lib")  # fmt: skip
    assert _from(replace(bare, libraries=whole)) == []


def test_wheels_of_two_cudas_and_copies_are_told() -> None:
    packages = {"nvidia-cudnn-cu11": "8.6.0", "nvidia-cudnn-cu12": "9.3.0", "nvidia-cublas-cu12": "12.5"}
    mixed = Environment(packages=packages, copies={"object-detection": ("/a", "/b")})
    assert sorted(one.fault for one in _from(mixed)) == ["gpu-libs-mixed-versions", "odapi-duplicate-install"]


# Messages as TensorFlow, CUDA and the packages print them; other names, paths and numbers than the known threads'.
MESSAGES = [
    (
        "gpu-libs-missing",
        "Could not load library libcudnn_cnn_infer.so.8. Error: libnvrtc.so: cannot open shared object",
    ),
    ("gpu-libs-missing", "Could not load dynamic library 'cudart64_110.dll'; dlerror: cudart64_110.dll not found"),
    (
        "gpu-libs-missing",
        "ImportError: Could not find 'cudart64_90.dll'. TensorFlow requires that this DLL be installed",
    ),
    ("env-numpy2-abi", "Unable to convert function return value to a Python type! The signature was\n\t() -> handle"),
    (
        "gpu-cuda-version-mismatch",
        "The NVIDIA driver's CUDA version is 11.4 which is older than the ptxas CUDA version (11.8)",
    ),
    (
        "env-protobuf-too-new",
        "TypeError: Descriptors cannot be created directly.\nIf this call came from a _pb2.py file",
    ),
    ("env-protobuf-too-new", "AttributeError: 'MessageFactory' object has no attribute 'GetPrototype'"),
    (
        "env-protobuf-too-old",
        "ImportError: cannot import name 'builder' from 'google.protobuf.internal' (/x/__init__.py)",
    ),
    (
        "env-protobuf-too-old",
        "ImportError: cannot import name 'runtime_version' from 'google.protobuf' (/x/__init__.py)",
    ),
    (
        "env-protobuf-too-old",
        (
            "google.protobuf.runtime_version.VersionError: Detected incompatible Protobuf Gencode/Runtime versions "
            "when loading tensorflow/core/x.proto: gencode 6.31.1 runtime 5.29.4. Runtime version cannot be older "
            "than the linked"
        ),
    ),
    (
        "env-protobuf-too-old",
        "AttributeError: module 'google.protobuf.descriptor' has no attribute '_internal_create_key'",
    ),
    (
        "env-h5py3-with-old-keras",
        (
            'File "/v/keras/engine/saving.py", line 1183, in load_weights_from_hdf5_group\n'
            "AttributeError: 'str' object has no attribute 'decode'"
        ),
    ),
    ("env-numpy2-abi", "A module that was compiled using NumPy 1.x cannot be run in\nNumPy 2.1.3 as it may crash."),
    (
        "env-numpy2-abi",
        "RuntimeError: module compiled against ABI version 0x1000009 but this version of numpy is 0x2000000",
    ),
    ("env-numpy2-abi", "ImportError: numpy.core.multiarray failed to import"),
    (
        "env-numpy-too-new",
        "AttributeError: module 'numpy' has no attribute 'object'.\n`np.object` was a deprecated alias",
    ),
    (
        "env-numpy-too-new",
        "NotImplementedError: Cannot convert a symbolic Tensor (lstm_3/strided_slice:0) to a numpy array.",
    ),
    (
        "env-pycocotools-numpy",
        (
            '  File "pycocotools/_mask.pyx", line 1\n'
            "ValueError: numpy.ufunc size changed, may indicate binary incompatibility."
        ),
    ),
    (
        "env-cpu-no-avx2",
        (
            "F cpu_feature_guard.cc:37] The TensorFlow library was compiled to use AVX2 instructions, but these aren't "
            "available"
        ),
    ),
    ("odapi-protos-not-compiled", "ImportError: cannot import name 'string_int_label_map_pb2'"),
    ("odapi-protos-not-compiled", "ModuleNotFoundError: No module named 'object_detection.protos.pipeline_pb2'"),
    (
        "odapi-protos-too-old",
        'ParseError: 9:5 : Message type "object_detection.protos.SsdFeatureExtractor" has no field named "fpn".',
    ),
    ("odapi-protoc-too-old", 'object_detection/protos/post.proto:7:3: Expected "required", "optional", or "repeated".'),
    ("odapi-duplicate-install", "ValueError: train_config not of type train_pb2.TrainConfig."),
    ("odapi-mixed-checkouts", "ModuleNotFoundError: No module named 'nets.resnet_v1'"),
    (
        "odapi-mixed-checkouts",
        "ImportError: cannot import name 'keypoint_ops' from 'object_detection.core' (unknown location)",
    ),
    ("odapi-pythonpath", "ModuleNotFoundError: No module named 'object_detection'"),
    ("odapi-pythonpath", "ModuleNotFoundError: No module named 'official'"),
    (
        "odapi-install-upgrades-tf",
        "Processing /models/research\nAttempting uninstall: tensorflow\n  Found existing tf-models",
    ),
    (
        "gpu-cudnn-too-old",
        "Loaded runtime CuDNN library: 7.0.5 but source was compiled with: 7.6.0.  CuDNN library majo",
    ),
    ("gpu-cudnn-too-old", "Loaded cuDNN version 8201 \nUNIMPLEMENTED: DNN library is not found."),
    (
        "gpu-cuda-version-mismatch",
        "cudaGetDevice() failed. Status: CUDA driver version is insufficient for CUDA runtime version",
    ),
    (
        "gpu-cuda-version-mismatch",
        "CUDA_ERROR_UNSUPPORTED_PTX_VERSION: the provided PTX was compiled with an unsupported toolc",
    ),
    ("gpu-libs-missing", "ImportError: libcublas.so.9.0: cannot open shared object file: No such file or directory"),
    (
        "gpu-libs-missing",
        (
            "W dso_loader.cc:59] Could not load dynamic library 'libcudart.so.10.1'; dlerror: libcudart.so.10.1: "
            "cannot open shared object file: No such file or directory"
        ),
    ),
    (
        "gpu-libs-mixed-versions",
        (
            "Could not load dynamic library 'libcusolver.so.11'; dlerror: libcublasLt.so.12: cannot open shared object "
            "file"
        ),
    ),
    (
        "gpu-libs-mixed-versions",
        "E cuda_diagnostics.cc:313] kernel version 470.57.2 does not match DSO version 470.63.1",
    ),
    (
        "gpu-libcuda-symlink",
        (
            "Could not load library libcudnn_ops_infer.so.8. Error: libcuda.so: cannot open shared object file: No "
            "such file"
        ),
    ),
    ("gpu-arch-unsupported", "CUDA_ERROR_NO_BINARY_FOR_GPU: no kernel image is available for execution on the device"),
    (
        "gpu-arch-unsupported",
        (
            "TensorFlow was not built with CUDA kernel binaries compatible with compute capability 12.0. CUDA kernels "
            "will be"
        ),
    ),
    (
        "gpu-memory-preallocation",
        "E cuda_dnn.cc:329] Could not create cudnn handle: CUDNN_STATUS_INTERNAL_ERROR",
    ),
    ("gpu-memory-preallocation", "InternalError: Blas GEMM launch failed : a.shape=(100, 784), b.shape=(784, 10)"),
    ("gpu-windows-native-unsupported", "Windows 11, TensorFlow 2.16.1\n>>> tf.config.list_physical_devices('GPU')\n[]"),
    ("gpu-oom-batch-size", "OOM when allocating tensor with shape[64,75,75,128] and type float on /job:localhost"),
    ("gpu-oom-image-size", "OOM when allocating tensor with shape[1,64,2048,3072] and type float on /job:localhost"),
    (
        "gpu-oom-model-size",
        "OOM when allocating tensor with shape[25088,4096] and type float [[{{node training/Adam/mul}}]]",
    ),
    (
        "gpu-oom-model-size",
        "OOM when allocating tensor with shape[2458624,48] and type float\n [[{{node x/Adam/mul_2}}]]",
    ),
    ("gpu-oom-batch-size", "InternalError: Dst tensor is not initialized."),
    ("env-cpu-no-avx2", "Illegal instruction (core dumped)\nflags : fpu sse4_2 avx f16c rdrand"),
    ("env-cpu-no-avx", "Illegal instruction (core dumped)\nflags : fpu sse4_1 sse4_2 popcnt"),
    ("gpu-oom-model-size", "OOM when allocating tensor with shape[3,3,512,1024] and type float by allocator GPU_0_bfc"),
]


@pytest.mark.parametrize(("fault", "text"), MESSAGES, ids=[f"{number}-{one[0]}" for number, one in enumerate(MESSAGES)])
def test_a_message_is_recognised(fault: str, text: str) -> None:
    assert _explained(text)[:1] == [fault]


@pytest.mark.parametrize(
    "text",
    [
        (
            "This TensorFlow binary is optimized to use available CPU instructions in performance-critical operations: "
            "AVX2 FMA"
        ),
        "Your CPU supports instructions that this TensorFlow binary was not compiled to use: AVX2 FMA",
        "AttributeError: 'str' object has no attribute 'decode'\n  in my_reader.py",
        "Could not load dynamic library 'libnvinfer.so.7'; dlerror: libnvinfer.so.7: cannot open shared object file",
        "Loaded runtime CuDNN library: 8.9.7 but source was compiled with: 8.6.0",
        'Message type "object_detection.protos.TrainConfig" has no field named "batch_sise".',
        'Message type "object_detection.protos.EvalConfig" has no field named "fine_tune_checkpoint_version".',
        "ModuleNotFoundError: No module named 'tensorflow'",
        (
            "Linux, TensorFlow 2.16.1\n>>> "
            "tf.config.list_physical_devices('GPU')\n[PhysicalDevice(name='/physical_device:GPU:0')]"
        ),
        "ImportError: cannot import name 'config_pb2' from 'tensorflow.core.protobuf'",
        "OSError: Unable to open file (truncated file: eof = 96, sblock->base_addr = 0, stored_eof = 2048)",
    ],
)
def test_what_only_looks_alike_is_let_be(text: str) -> None:
    assert _explained(text) == []


def test_what_the_text_says_of_its_environment_decides() -> None:
    log = "Failed to get convolution algorithm. This is probably because cuDNN failed to initialize"
    assert _explained(log)[:1] == ["gpu-memory-preallocation"]
    assert _explained(f"{log}\nUbuntu, tensorflow-gpu 2.0.0, CUDA 10.1")[:1] == ["gpu-cuda-version-mismatch"]
    crash = "Illegal instruction (core dumped)"
    old = Environment(packages={"tensorflow": "2.4.0"}, complete=False)
    assert _explained(crash, old)[:1] == ["env-cpu-no-avx2"]


def test_the_slip_in_the_path_is_named() -> None:
    look = import_module("loadstone.checks.python_env.odapi_pythonpath").from_text
    missing = "ModuleNotFoundError: No module named 'nets'"
    assert "backquotes" in next(iter(look(ErrorText(f"$ echo $PYTHONPATH\n:/a/models:pwd:pwd/slim\n{missing}")))).fact
    assert "sudo" in next(iter(look(ErrorText(f"$ sudo python3 train.py\n{missing}")))).fact
    assert list(look(ErrorText("No module named 'nets.mobilenet'"))) == []


def test_the_arithmetic_of_memory() -> None:
    text = "OOM when allocating tensor with shape[24,150,150,32] and type float"
    found = list(import_module("loadstone.checks.memory.gpu_oom_batch_size").from_text(ErrorText(text)))
    assert "65.9 MiB" in found[0].fact
    assert "2.7 MiB for each" in found[0].fact
