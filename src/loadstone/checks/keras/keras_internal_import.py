"""Code imports a private place of Keras that has moved.

What is seen

    `cannot import name 'Layer' from 'keras.engine'`, `No module named 'keras.engine.topology'`, `No module
    named 'tensorflow.python.keras'`.

Why

    `keras.engine`, `keras.layers.core` and `tensorflow.python.keras` were never public. They moved in 2.2, 2.4,
    2.6, 2.13 and 3.0.

Remedy

    Import from the public place: `from keras.layers import Layer`, `from keras.models import Model`. Where the
    code cannot change, pin the Keras of its time.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "keras-internal-import",
    "error",
    help="import from the public place (from keras.layers import Layer), or pin the Keras of the code's time",
)

TEXTS = (
    Saying(
        (
            r"cannot import name '?(?P<name>\w+)'? from '(?P<module>keras\.(?:engine|legacy|layers\.(?:core|merge"
            r"|normalization|convolutional|recurrent)|utils|backend|optimizers|src)(?:\.[\w.]+)?)'"
        ),
        "the code takes {name} from {module}, a private place of another Keras",
        help="from keras.layers import {name}, or pin the Keras of the code's time",
    ),
    Saying(
        r"cannot import name '?(?P<name>_\w+|get_source_inputs|InputSpec|Merge|merge)'? from '(?P<module>keras[\w.]*)'",
        "the code takes {name} from {module}, where this Keras does not have it",
    ),
    Saying(
        (
            r"No module named '(?P<module>keras\.(?:engine|legacy|layers\.(?:core|merge|normalization"
            r"|convolutional|recurrent|advanced_activations|wrappers|embeddings)|utils\.(?:generic_utils|np_utils"
            r"|training_utils|layer_utils|conv_utils)|preprocessing\.\w+|objectives|optimizers\.legacy|api"
            r"|applications\.\w+|src\.(?!engine|models|ops|layers|saving|dtype_policies))[\w.]*)'"
        ),
        "the code imports {module}, a private or former place of another Keras",
    ),
    Saying(
        (
            r"from keras\.(?:engine|legacy|layers\.core)[\w.]* import (?P<name>\w+)[\s\S]{0,200}(?:ImportError"
            r"|ModuleNotFoundError|cannot import name)"
        ),
        "the code takes {name} from a private place of Keras that has moved",
    ),
    Saying(
        (
            r"No module named '(?P<module>tensorflow\.(?:python\.keras|keras\.(?!models|layers)\w+)[\w.]*)'"
            r"|cannot import name '(?P<name>\w+)' from 'tensorflow\.python\.keras[\w.]*'"
        ),
        "the code imports a private or former place of TensorFlow's Keras",
    ),
    Saying(
        (
            r"module 'keras(?:\.api[\w.]*)?\.(?P<module>engine|backend|utils|layers|initializers"
            r"|optimizers)' has no attribute '(?P<name>\w+)'"
        ),
        "the code takes {name} from keras.{module}, where this Keras does not have it",
        certainty="likely",
    ),
    Saying(
        r"cannot import name '?(?P<name>\w+)'? from '?(?P<module>(?:tensorflow\.)?keras\.(?!src)[\w.]+)",
        "the code takes {name} from {module}, where this Keras does not have it",
        certainty="possible",
    ),
)
