"""Installing the Object Detection API replaced the TensorFlow (and NumPy, protobuf, ...) that was there.

What is seen

    pip's `dependency resolver does not currently take into account all the packages that are installed`, with
    TensorFlow among what is replaced; afterwards another TensorFlow runs, and cuDNN or NumPy no longer fit.

Why

    The API's setup.py states no version of TensorFlow, and so does tf-models-official: pip takes the newest.

Remedy

    Name the TensorFlow that is to stay: python -m pip install . "tensorflow==X.Y.Z" (the version that is installed).
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "odapi-install-upgrades-tf",
    "warning",
    help='name the TensorFlow that is to stay, as installed now: python -m pip install . "tensorflow==X.Y.Z"',
    reference="https://github.com/tensorflow/models/tree/master/research/object_detection/packages/tf2",
)

_API = r"object[-_]detection|tf[-_]models[-_]official|tf[-_]slim|models/research|apache[-_]beam|packages/tf[12]|lvis"

TEXTS = (
    Saying(
        r"Attempting uninstall: (?P<name>tensorflow(?:-gpu|-cpu)?)\s*$",
        "pip replaced the installed {name} while it installed something else",
        needs=(_API,),
    ),
    Saying(
        r"pip's dependency resolver does not currently take into account all the packages that are installed",
        "pip replaced packages that others here need",
        certainty="likely",
    ),
    Saying(
        r"Found existing installation: (?P<name>tensorflow(?:-gpu|-cpu)?) (?P<version>[\d.]+)",
        "pip replaced the installed {name} {version} while it installed something else",
        needs=(_API,),
        certainty="likely",
    ),
)
