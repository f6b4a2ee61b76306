"""OpenCV's reader of TensorFlow graphs does not know an export of TensorFlow 2.

What is seen

    `Input layer not found: …`, `Can't create layer "…" of type "StatefulPartitionedCall"`, `tf_importer.cpp …
    error` from `cv2.dnn.readNetFromTensorflow`.

Why

    The reader takes frozen graphs of TensorFlow 1 with a text description made for them. A TF2 Object Detection
    export has other node names, functions and control flow, and its description cannot be made by the scripts for
    TF1.

Remedy

    Run it by other means: `loadstone detect MODEL IMAGE` needs neither TensorFlow nor OpenCV.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "opencv-tf2-od-unsupported",
    "error",
    help="loadstone detect MODEL IMAGE   runs it without TensorFlow or OpenCV",
)

TEXTS = (
    Saying(
        r"Input layer not found: (?P<layer>[^\n]*?)(?: in function|$)",
        ("OpenCV's description names the node {layer}, which this graph does not have"),
        certainty="likely",
        needs=(r"tf_importer|[Oo]pen[Cc][Vv]|cv2|dnn|in function '\w+'",),
    ),
    Saying(
        r"Can't create layer \"(?P<layer>[^\"]*)\" of type \"(?P<op>[^\"]*)\""
        r"|Unknown layer type (?P<other>\w+) in op|DNN/TF: Can't parse layer for node='?(?P<node>[^'\s]*)",
        "OpenCV's reader does not know the operation {op}{other} {node}",
        certainty="likely",
    ),
    Saying(
        (
            r"tf_importer\.cpp:?\d*:? ?[^\n]*error"
            r"|tf_graph_simplifier\.cpp[^\n]*"
        ),
        "OpenCV's reader of TensorFlow graphs does not know this graph",
        certainty="possible",
    ),
    Saying(
        (
            r"(?i)(?:StatefulPartitionedCall"
            r"|TensorListReserve|NonMaxSuppressionV5)[^\n]*"
        ),
        "the graph is of TensorFlow 2, which OpenCV's reader does not know",
        certainty="likely",
        needs=(r"cv2?\.dnn|opencv|readNetFromTensorflow",),
    ),
)
