"""Code that was written for TensorFlow 1 runs with TensorFlow 2.

What is seen

    `AttributeError: module 'tensorflow' has no attribute 'contrib'`, or `'Session'`, `'placeholder'`, `'app'`,
    `'gfile'`, `'get_default_graph'`, and `No module named 'tensorflow.contrib'`.

Why

    TensorFlow 2 moved the old interface to `tf.compat.v1` and left `tf.contrib` out altogether.

Remedy

    Use code for TensorFlow 2 (for detectors: `model_main_tf2.py`, `exporter_main_v2.py`), or run this one with
    TensorFlow 1.15 on Python 3.7 or older. `tf.contrib.slim` is the package `tf_slim` today.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "tf1-code-on-tf2",
    "error",
    help="run it with tensorflow==1.15 on Python 3.7, or use the TF2 scripts (model_main_tf2.py, exporter_main_v2.py)",
)

_OLD = (
    r"Session|InteractiveSession|placeholder|placeholder_with_default|app|flags|gfile|GraphDef|get_default_graph"
    r"|get_variable|variable_scope|global_variables_initializer|reset_default_graph|ConfigProto|GPUOptions|logging|layers"
    r"|AUTO_REUSE|trainable_variables|train\.Saver|log|to_float|to_int32|to_int64|set_random_seed|Print|py_func"
    r"|estimator\.inputs|read_file|random_normal|truncated_normal_initializer|batch_matmul|ceil|sparse_tensor_to_dense"
)

TEXTS = (
    Saying(
        r"module '(?P<module>tensorflow(?:_core)?(?:\.\w+)*)' has no attribute '(?P<name>contrib)'",
        "{module} has no {name}: the code is for TensorFlow 1, and TensorFlow 2 runs",
    ),
    Saying(
        r"No module named '?(?P<name>tensorflow\.examples[\w.]*|tensorflow\.python\.ops\.rnn_cell)",
        "{name} is gone in TensorFlow 2: the code is for TensorFlow 1",
    ),
    Saying(
        r"No module named '?(?P<name>tensorflow\.contrib[\w.]*)",
        "{name} is gone in TensorFlow 2: the code is for TensorFlow 1",
    ),
    Saying(
        r"module '(?P<module>tensorflow(?:_core)?(?:\._api\.v2\.\w+|\.python)?)' has no attribute '(?P<name>"
        + _OLD
        + r")'",
        "{module} has no {name}: the code is for TensorFlow 1, and TensorFlow 2 runs",
    ),
    Saying(
        r"module '(?P<module>tensorflow\.(?:_api\.v2\.)?(?:train|io|image|nn|losses|summary|math))' has no attribute "
        r"'(?P<name>\w*(?:Optimizer|Writer|FileWriter|Saver|get_global_step|import_meta_graph|get_or_create_global_step|resize_images"
        r"|softmax_cross_entropy|decode_csv|string_input_producer|slice_input_producer|merge_all|scalar))'",
        "{module} has no {name}: the code is for TensorFlow 1, and TensorFlow 2 runs",
        certainty="likely",
    ),
    Saying(
        r"tf\.(?P<name>placeholder|Session|get_variable)\(\) is not (?:compatible|supported) (?:with|w"
        r"hen) eager execution",
        "tf.{name} is for the graphs of TensorFlow 1, and TensorFlow 2 runs eagerly",
    ),
    Saying(
        r"The Session graph is empty\. Add operations to the graph before calling run",
        "the code opens a session as in TensorFlow 1, and TensorFlow 2 runs eagerly",
        certainty="likely",
    ),
)
