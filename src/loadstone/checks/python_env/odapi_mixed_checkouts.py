"""Files of two ages of the `models` repository are mixed: one imports what the other does not have.

What is seen

    `No module named 'nets.mobilenet'` although `nets` is found, `cannot import name 'X' from 'object_detection.…'`, or
    a function of the API called with an argument that it does not know.

Why

    PYTHONPATH (or an installed copy) names an older `slim` or `object_detection` than the script that is run.

Remedy

    Use one checkout: take the others off PYTHONPATH, remove installed copies, and install from it again.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "odapi-mixed-checkouts",
    "error",
    help="use one checkout, and see which copies Python finds: "
    'python -c "import nets, object_detection; print(nets.__path__, object_detection.__path__)"',
)

TEXTS = (
    Saying(
        r"No modules? named '?(?P<name>(?:nets|deployment|preprocessing|datasets)\.\w[\w.]*)'?",
        "Python finds the package, and no {name} in it: it is of another age than the code that imports it",
    ),
    Saying(
        r"cannot import name '?(?P<name>\w+)'? from '?(?P<module>(?:nets|object_detection|deployment)(?:\.\w+)*)'?",
        "{module} has no {name}: it is of another age than the code that imports it",
        unless=(r"cannot import name '?\w+_pb2'?",),
    ),
    Saying(
        r"No modules? named '(?P<name>object_detection\.(?!protos)\w[\w.]*)'?",
        "Python finds object_detection, and no {name} in it: it is of another age than the code that imports it",
        certainty="likely",
    ),
    Saying(
        r"module '?(?P<module>object_detection\.(?!protos)[\w.]+)'? has no attribute '?(?P<name>\w+)'?",
        "{module} has no {name}: it is of another age than the code that uses it",
    ),
    Saying(
        r"(?P<name>\w+)\(\) got an unexpected keyword argument '(?P<argument>\w+)'",
        "{name} does not know the argument {argument}: the files are of two ages",
        needs=(r"[\"/\\](?:object_detection|slim)[/\\][^\n]*\n(?:[^\n]*\n){1,2}TypeError[^\n]*unexpected keyword",),
        unless=(r"serialized_options|create_key|google[./\\]protobuf",),
        certainty="possible",
    ),
)
