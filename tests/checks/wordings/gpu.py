"""Messages about graphics cards, each after its fault."""

from __future__ import annotations

WORDINGS = [
    (
        "gpu-cudnn-too-old",
        (
            "E external/local_xla/xla/stream_executor/cuda/cuda_dnn.cc:454] Loaded runtime CuDNN libr"
            "ary: 8.0.5 but source was compiled with: 8.9.4.  CuDNN library needs to have matching ma"
            "jor version"
        ),
    ),
    (
        "gpu-libs-missing",
        (
            "W tensorflow/stream_executor/platform/default/dso_loader.cc:59] Could not load dynamic l"
            "ibrary 'cudart64_101.dll'; dlerror: cudart64_101.dll not found"
        ),
    ),
    (
        "gpu-libs-missing",
        ("ImportError: libcublas.so.9.0: cannot open shared object file: No such file or directory"),
    ),
    (
        "gpu-libs-missing",
        (
            "W0000 00:00:17 gpu_device.cc:2344] Cannot dlopen some GPU libraries. Please make sure th"
            "e missing libraries mentioned above are installed properly"
        ),
    ),
    (
        "gpu-memory-preallocation",
        (
            "E tensorflow/stream_executor/cuda/cuda_dnn.cc:329] Could not create cudnn handle: CUDNN_"
            "STATUS_INTERNAL_ERROR"
        ),
    ),
    (
        "gpu-memory-preallocation",
        ("UnknownError: Failed to get convolution algorithm. This is probably because cuDNN failed to initialize"),
    ),
    ("gpu-arch-unsupported", "CUDA error: no kernel image is available for execution on the device"),
    (
        "gpu-arch-unsupported",
        (
            "W tensorflow/core/common_runtime/gpu/gpu_device.cc:2433] TensorFlow was not built with C"
            "UDA kernel binaries compatible with compute capability 12.0. CUDA kernels will be jit-co"
            "mpiled from PTX"
        ),
    ),
    ("gpu-cuda-version-mismatch", "CUDA driver version is insufficient for CUDA runtime version"),
    (
        "gpu-libs-missing",
        (
            "ImportError: Could not find 'cudart64_80.dll'. TensorFlow requires that this DLL be inst"
            "alled in a directory that is named in your %PATH% environment variable."
        ),
    ),
]
