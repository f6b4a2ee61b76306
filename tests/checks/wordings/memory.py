"""Messages about too little memory, each after its fault."""

from __future__ import annotations

WORDINGS = [
    (
        "gpu-oom-batch-size",
        (
            "ResourceExhaustedError: OOM when allocating tensor with shape[64,112,112,64] and type fl"
            "oat on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc"
        ),
    ),
    (
        "gpu-oom-model-size",
        ("ResourceExhaustedError: OOM when allocating tensor with shape[4096,25088] and type float"),
    ),
    (
        "gpu-oom-image-size",
        (
            "ResourceExhaustedError: OOM when allocating tensor with shape[1,3000,4000,64] and type f"
            "loat on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc"
        ),
    ),
]
