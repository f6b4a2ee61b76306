"""cuDNN asks for libcuda.so without a version, and only libcuda.so.1 is on the loader's path.

What is seen

    `Could not load library libcudnn_cnn_infer.so.8. Error: libcuda.so: cannot open shared object file`, often in WSL 2
    or in a container, although the card is found.

Why

    The driver installs libcuda.so.1; the plain name is a link that its development package, or WSL in
    /usr/lib/wsl/lib, has. cuDNN 8 opens the plain name.

Remedy

    Name the folder that has it (in WSL: export LD_LIBRARY_PATH=/usr/lib/wsl/lib:$LD_LIBRARY_PATH), or make the link.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "gpu-libcuda-symlink",
    "error",
    help="name the folder that has it, or make the link; in WSL: "
    "export LD_LIBRARY_PATH=/usr/lib/wsl/lib:$LD_LIBRARY_PATH",
    reference="https://github.com/microsoft/WSL/issues/5663",
)

TEXTS = (
    Saying(
        r"libcuda\.so: cannot open shared object file",
        "libcuda.so is not on the loader's path, though the driver's libcuda.so.1 may be",
    ),
    Saying(
        r"libcuda\.so\.1 is not a symbolic link",
        "WSL's libcuda.so.1 is a copy where a link should be",
        certainty="likely",
    ),
)
