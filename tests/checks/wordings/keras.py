"""Messages about Keras files across versions, each after its fault."""

from __future__ import annotations

WORDINGS = [
    (
        "keras2-h5-in-keras3-dwconv-groups",
        (
            "TypeError: Error when deserializing class 'DepthwiseConv2D' using config={'name': 'dw', "
            "'groups': 1}.\n\nException encountered: Unrecognized keyword arguments passed to Depthwise"
            "Conv2D: {'groups': 1}"
        ),
    ),
    (
        "keras2-h5-in-keras3-sepconv-kwargs",
        (
            "ValueError: Unrecognized keyword arguments passed to SeparableConv2D: {'groups': 1, 'ker"
            "nel_initializer': {'class_name': 'GlorotUniform', 'config': {'seed': None}}, 'kernel_reg"
            "ularizer': None, 'kernel_constraint': None}"
        ),
    ),
    (
        "keras2-h5-in-keras3-layer-args",
        ("ValueError: Unrecognized keyword arguments passed to LSTM: {'time_major': False}"),
    ),
    (
        "keras2-h5-in-keras3-layer-args",
        (
            "TypeError: Error when deserializing class 'LSTM' using config={'name': 'lstm', 'time_maj"
            "or': False}.\n\nException encountered: Unrecognized keyword arguments passed to LSTM: {'ba"
            "tch_input_shape': [None, 10, 3], 'time_major': False}"
        ),
    ),
    (
        "keras2-h5-in-keras3-layer-args",
        ("ValueError: Unrecognized keyword arguments passed to LSTM: {'implementation': 1}"),
    ),
    (
        "keras2-h5-in-keras3-layer-args",
        ("ValueError: Unrecognized keyword arguments passed to SimpleRNN: {'time_major': False}"),
    ),
    (
        "keras2-h5-in-keras3-dtype-policy",
        (
            "TypeError: Could not locate class 'Policy'. Make sure custom classes are decorated with "
            "`@keras.saving.register_keras_serializable()`. Full object config: {'class_name': 'Polic"
            "y', 'config': {'name': 'mixed_float16'}}"
        ),
    ),
    (
        "keras2-h5-in-keras3-dtype-policy",
        ("ValueError: Unknown dtype policy: 'Policy'. Please ensure you are using a `keras.utils.custom_object_scope`"),
    ),
    (
        "keras2-h5-in-keras3-compile-strings",
        (
            "TypeError: Could not locate function 'mse'. Make sure custom classes are decorated with "
            "`@keras.saving.register_keras_serializable()`. Full object config: {'module': 'keras.met"
            "rics', 'class_name': 'function', 'config': 'mse', 'registered_name': 'mse'}"
        ),
    ),
    (
        "keras2-h5-in-keras3-tfoplambda",
        (
            "ValueError: Unknown layer: 'TFOpLambda'. Please ensure you are using a `keras.utils.cust"
            "om_object_scope` and that this object is included in the scope."
        ),
    ),
    (
        "keras2-h5-in-keras3-tfoplambda",
        (
            "TypeError: Could not locate class 'TFOpLambda'. Make sure custom classes are decorated w"
            "ith `@keras.saving.register_keras_serializable()`."
        ),
    ),
    (
        "keras2-h5-in-keras3-tfoplambda",
        (
            "ValueError: Unknown layer: 'SlicingOpLambda'. Please ensure you are using a `keras.utils"
            ".custom_object_scope`"
        ),
    ),
    (
        "keras2-h5-in-keras3-lambda-shape",
        (
            "NotImplementedError: Exception encountered when calling Lambda.call().\n\nWe could not aut"
            "omatically infer the shape of the Lambda's output. Please specify the `output_shape` arg"
            "ument for this Lambda layer."
        ),
    ),
    (
        "keras3-file-in-keras2-batch-shape",
        (
            "TypeError: Error when deserializing class 'InputLayer' using config={'batch_shape': [Non"
            "e, 224, 224, 3], 'dtype': 'float32', 'sparse': False, 'name': 'input_1'}.\n\nException enc"
            "ountered: Unrecognized keyword arguments: ['batch_shape']"
        ),
    ),
    ("keras3-file-in-keras2-batch-shape", "ValueError: Unrecognized keyword arguments: ['batch_shape']"),
    (
        "keras3-file-in-keras2-batch-shape",
        ("ValueError: Unrecognized keyword arguments: ['batch_shape', 'optional']"),
    ),
    (
        "keras3-file-in-keras2-batch-shape",
        ("TypeError: __init__() got an unexpected keyword argument 'batch_shape'"),
    ),
    ("keras3-file-in-keras2-module-path", "ModuleNotFoundError: No module named 'keras.src.models.functional'"),
    (
        "keras3-file-in-keras2-module-path",
        (
            "TypeError: Could not deserialize class 'Functional' because its parent module keras.src."
            "models.functional cannot be imported. Full object config: {'module': 'keras.src.models.f"
            "unctional'}"
        ),
    ),
    (
        "keras3-file-in-keras2-module-path",
        (
            "TypeError: Could not deserialize class 'Sequential' because its parent module keras.src."
            "models.sequential cannot be imported."
        ),
    ),
    (
        "keras2-v3zip-in-keras3",
        (
            "TypeError: Could not deserialize class 'Functional' because its parent module keras.src."
            "engine.functional cannot be imported. Full object config: {'module': 'keras.src.engine.f"
            "unctional', 'class_name': 'Functional'}"
        ),
    ),
    (
        "keras2-v3zip-in-keras3",
        (
            "TypeError: Could not deserialize class 'Sequential' because its parent module keras.src."
            "engine.sequential cannot be imported."
        ),
    ),
    ("keras2-v3zip-in-keras3", "ModuleNotFoundError: No module named 'keras.src.engine'"),
    (
        "keras3-layer-state-missing",
        (
            "ValueError: Layer 'dense_3' expected 2 variables, but received 0 variables during loadin"
            "g. Expected: ['kernel', 'bias']"
        ),
    ),
    (
        "keras3-layer-state-missing",
        (
            "ValueError: A total of 12 objects could not be loaded. Example error message for object "
            "<Conv2D name=conv2d, built=True>:\n\nLayer 'conv2d' expected 2 variables, but received 0 v"
            "ariables during loading. Expected: ['kernel', 'bias']\n\nList of objects that could not be"
            " loaded:"
        ),
    ),
    (
        "newer-keras2-h5-in-older-tf",
        (
            "ValueError: Unknown layer: Functional\n  File '/usr/lib/python3.6/site-packages/tensorflo"
            "w_core/python/keras/utils/generic_utils.py'"
        ),
    ),
    (
        "newer-keras2-h5-in-older-tf",
        (
            "TypeError: __init__() got an unexpected keyword argument 'groups'\n /site-packages/tensor"
            "flow_core/python/keras/layers/convolutional.py"
        ),
    ),
    (
        "tfkeras-h5-in-standalone-keras",
        (
            "TypeError: __init__() got an unexpected keyword argument 'ragged'\n File '/usr/lib/python"
            "3.6/site-packages/keras/engine/base_layer.py', line 1109, in from_config"
        ),
    ),
    (
        "optimizer-newer-tf",
        (
            "ValueError: Unknown optimizer: Custom>RMSprop. Please ensure this object is passed to th"
            "e `custom_objects` argument."
        ),
    ),
    (
        "optimizer-newer-tf",
        (
            "ValueError: Unknown optimizer: 'Custom>AdamW'. Please ensure you are using a `keras.util"
            "s.custom_object_scope`"
        ),
    ),
    ("lambda-bytecode-python-mismatch", "ValueError: bad marshal data (unknown type code)"),
    ("lambda-bytecode-python-mismatch", "SystemError: unknown opcode"),
    ("lambda-bytecode-python-mismatch", "TypeError: code() takes at least 14 arguments (13 given)"),
    ("lambda-bytecode-python-mismatch", "ValueError: bad marshal data (digit out of range in long)"),
    ("lambda-bytecode-python-mismatch", "EOFError: marshal data too short"),
    ("lambda-bytecode-python-mismatch", "XXX lineno: 31, opcode: 0\nSystemError: unknown opcode"),
    ("keras-internal-import", "ModuleNotFoundError: No module named 'keras.engine.topology'"),
    (
        "keras-internal-import",
        ("ImportError: cannot import name '_obtain_input_shape' from 'keras.applications.imagenet_utils'"),
    ),
    ("keras-internal-import", "ModuleNotFoundError: No module named 'keras.engine'"),
    ("keras-internal-import", "ImportError: cannot import name 'get_source_inputs' from 'keras.engine'"),
    ("keras-internal-import", "ModuleNotFoundError: No module named 'keras.layers.merge'"),
    ("keras-internal-import", "ModuleNotFoundError: No module named 'keras.utils.generic_utils'"),
    (
        "keras-internal-import",
        (
            "ImportError: cannot import name 'Layer' from 'keras.engine' (/usr/lib/python3.7/site-pac"
            "kages/keras/engine/__init__.py)"
        ),
    ),
    ("keras-internal-import", "AttributeError: module 'keras.engine' has no attribute 'Layer'"),
    (
        "env-keras-newer-than-tf",
        (
            "AttributeError: module 'tensorflow.compat.v2.__internal__' has no attribute 'register_cl"
            "ear_session_function'"
        ),
    ),
    (
        "env-keras-newer-than-tf",
        ("ImportError: cannot import name 'dtensor' from 'tensorflow.compat.v2.experimental'"),
    ),
    (
        "env-keras-newer-than-tf",
        ("AttributeError: module 'tensorflow.compat.v2.__internal__' has no attribute 'dispatch'"),
    ),
    ("env-keras-newer-than-tf", "AttributeError: module 'tensorflow.compat.v2' has no attribute '__internal__'"),
    (
        "env-keras-newer-than-tf",
        ("ImportError: Keras requires TensorFlow 2.2 or higher. Install TensorFlow via `pip install tensorflow`"),
    ),
    (
        "keras-version-regression",
        (
            "ValueError: Shape mismatch in layer #1 (named stem_conv)for weight stem_conv/kernel. Wei"
            "ght expects shape (3, 3, 1, 32). Received saved weight with shape (3, 3, 3, 32)"
        ),
    ),
    (
        "keras-version-regression",
        (
            "ValueError: Shape mismatch in layer #0 (named stem_conv) for weight stem_conv/kernel. We"
            "ight expects shape (3, 3, 1, 40). Received saved weight with shape (3, 3, 3, 40)"
        ),
    ),
    (
        "keras3-file-in-keras2-batch-shape",
        ("ValueError: ('Unrecognized keyword arguments:', dict_keys(['batch_shape']))"),
    ),
    ("newer-keras2-h5-in-older-tf", "ValueError: ('Unrecognized keyword arguments:', dict_keys(['ragged']))"),
    ("newer-keras2-h5-in-older-tf", "TypeError: ('Keyword argument not understood:', 'groups')"),
    ("newer-keras2-h5-in-older-tf", "TypeError: __init__() got an unexpected keyword argument 'synchronized'"),
    (
        "keras2-h5-in-keras3-layer-args",
        (
            "TypeError: Error when deserializing class 'Conv2DTranspose' using config={'name': 'x', '"
            "groups': 1}.\n\nException encountered: Unrecognized keyword arguments passed to Conv2DTran"
            "spose: {'groups': 1}"
        ),
    ),
    (
        "keras2-h5-in-keras3-layer-args",
        (
            "TypeError: Error when deserializing class 'BatchNormalization' using config={'axis': [3]"
            "}.\n\nException encountered: Unrecognized keyword arguments passed to BatchNormalization: "
            "{'renorm': False}"
        ),
    ),
    (
        "keras2-h5-in-keras3-layer-args",
        ("ValueError: Unrecognized keyword arguments passed to InputLayer: {'ragged': False}"),
    ),
    (
        "keras2-h5-in-keras3-layer-args",
        ("ValueError: Unrecognized keyword arguments passed to Dense: {'weights': [1]}"),
    ),
]
