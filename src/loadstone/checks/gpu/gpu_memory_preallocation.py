"""cuDNN or cuBLAS cannot start because the card's memory is already taken, by TensorFlow itself or by another process.

What is seen

    `Failed to get convolution algorithm. This is probably because cuDNN failed to initialize`, `Could not create cudnn
    handle: CUDNN_STATUS_INTERNAL_ERROR` (or `ALLOC_FAILED`, `NOT_INITIALIZED`), `failed to create cublas handle`, `Blas
    GEMM launch failed`.

Why

    TensorFlow takes nearly all memory of a card at its start, so that the library finds none left; a second process on
    the same card finds none at all. If an earlier line names versions of CUDA or cuDNN that do not fit, that is the
    cause.

Remedy

    Set TF_FORCE_GPU_ALLOW_GROWTH=true, and see who holds the card: nvidia-smi.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "gpu-memory-preallocation",
    "error",
    help="let memory grow as it is needed: export TF_FORCE_GPU_ALLOW_GROWTH=true",
    reference="https://www.tensorflow.org/guide/gpu#limiting_gpu_memory_growth",
)

TEXTS = (
    Saying(
        r"Failed to get convolution algorithm",
        "cuDNN could not start: the usual cause is that TensorFlow has taken the card's memory already",
        certainty="likely",
        unless=(r"Loaded runtime CuDNN library", r"Could not load dynamic library"),
    ),
    Saying(
        r"(?:Could not create cudnn handle|could not create cuDNN)[^\n]*CUDNN_STATUS_(?P<status>\w+)",
        "cuDNN could not start ({status}): the usual cause is that the card's memory is taken already",
        certainty="likely",
    ),
    Saying(
        r"[Ff]ailed to create cublas handle: (?:cublas error|CUBLAS_STATUS_(?P<status>\w+))",
        "cuBLAS could not start: the usual cause is that the card's memory is taken already",
        certainty="likely",
    ),
    Saying(
        r"Blas (?:x?GEMM\w*|SGEMM|GEMV) launch failed|BLAS operation using StreamExecutor without BLAS support",
        "cuBLAS could not run: the usual cause is that another process or session holds the card's memory",
        certainty="likely",
    ),
    Saying(
        r"failed to allocate [\d.]+\S* \((?P<bytes>\d+) bytes\) from device: CUDA_ERROR_OUT_OF_MEMORY",
        "the card's memory was taken when TensorFlow wanted {bytes} bytes of it",
        certainty="likely",
        unless=(r"OOM when allocating tensor",),
    ),
    Saying(
        r"CUDA runtime implicit initialization on GPU:\d+ failed\. Status: out of memory|No algorithm worked!",
        "the card's memory was taken when TensorFlow wanted to begin",
        certainty="likely",
    ),
)
