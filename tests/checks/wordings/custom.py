"""Messages about custom objects and operations, each after its fault."""

from __future__ import annotations

WORDINGS = [
    (
        "custom-compile-object",
        (
            "ValueError: Unknown loss function: my_loss. Please ensure this object is passed to the `"
            "custom_objects` argument. See https://www.tensorflow.org/guide/keras/save_and_serialize#"
            "registering_the_custom_object for details."
        ),
    ),
    (
        "custom-compile-object",
        (
            "ValueError: Unknown metric function: 'dice_coef'. Please ensure you are using a `keras.u"
            "tils.custom_object_scope` and that this object is included in the scope."
        ),
    ),
    ("custom-compile-object", "ValueError: Unknown metric function:f1_m"),
    ("custom-compile-object", "ValueError: Unknown optimizer: RAdam"),
    ("custom-compile-object", "ValueError: Unknown loss function:focal_loss_fixed"),
    (
        "custom-compile-object",
        (
            "TypeError: Could not locate function 'dice_loss'. Make sure custom classes are decorated"
            " with `@keras.saving.register_keras_serializable()`. Full object config: {'module': 'bui"
            "ltins', 'class_name': 'function', 'config': 'dice_loss', 'registered_name': 'function'}"
        ),
    ),
    (
        "custom-object-not-registered",
        (
            "ValueError: Unknown layer: 'TransformerBlock'. Please ensure you are using a `keras.util"
            "s.custom_object_scope` and that this object is included in the scope."
        ),
    ),
    ("custom-object-not-registered", "ValueError: Unknown layer: CapsuleLayer"),
    ("custom-object-not-registered", "ValueError: Unknown initializer: MyInit"),
    ("custom-object-not-registered", "ValueError: Unknown activation function: swish6"),
    ("custom-object-not-registered", "ValueError: Unknown activation function:mish"),
    (
        "custom-object-not-registered",
        (
            "TypeError: Could not locate class 'PatchEncoder'. Make sure custom classes are decorated"
            " with `@keras.saving.register_keras_serializable()`. Full object config: {'module': None"
            ", 'class_name': 'PatchEncoder'}"
        ),
    ),
    ("custom-object-not-registered", "ValueError: Unknown regularizer: OrthogonalRegularizer"),
    (
        "custom-object-not-registered",
        (
            "RuntimeError: Unable to restore a layer of class MyLayer. Layers of class MyLayer requir"
            "e that the class be provided to the model loading code, either by registering the class "
            "using `@keras.utils.register_keras_serializable` on the class def and including that fil"
            "e in your program, or by passing the class in a `keras.utils.CustomObjectScope`"
        ),
    ),
    (
        "custom-object-no-get-config",
        ("NotImplementedError: Layers with arguments in `__init__` must override `get_config`."),
    ),
    (
        "custom-object-no-get-config",
        (
            "NotImplementedError: \nLayer MyLayer was created by passing\nnon-serializable argument val"
            "ues in `__init__()`,\nand therefore the layer must override `get_config()` in\norder to be"
            " serializable. Please implement `get_config()`."
        ),
    ),
    (
        "custom-object-no-get-config",
        (
            "TypeError: __init__() missing 1 required positional argument: 'units'\n  File '/usr/lib/p"
            "ython3.8/site-packages/keras/engine/base_layer.py', line 720, in from_config\n    return "
            "cls(**config)"
        ),
    ),
    (
        "custom-object-no-get-config",
        (
            "TypeError: <class '__main__.MyModel'> could not be deserialized properly. Please ensure "
            "that components that are Python object instances (layers, models, etc.) returned by `get"
            "_config()` are explicitly deserialized in the model's `from_config()` method."
        ),
    ),
    (
        "lambda-safe-mode",
        (
            "ValueError: Requested the deserialization of a Lambda layer with a Python `lambda` insid"
            "e it. This carries a potential risk of arbitrary code execution and thus it is disallowe"
            "d by default. If you trust the source of the saved model, you can pass `safe_mode=False`"
            " to the loading function in order to allow Lambda layer loading, or call `keras.config.e"
            "nable_unsafe_deserialization()`."
        ),
    ),
    (
        "lambda-safe-mode",
        (
            "ValueError: Requested the deserialization of a `lambda` object. This carries a potential"
            " risk of arbitrary code execution and thus it is disallowed by default. If you trust the"
            " source of the saved model, you can pass `safe_mode=False`"
        ),
    ),
    (
        "op-not-registered",
        (
            "tensorflow.python.framework.errors_impl.NotFoundError: Op type not registered 'CaseFoldU"
            "TF8' in binary running on host1. Make sure the Op and Kernel are registered in the binar"
            "y running in this process."
        ),
    ),
    (
        "op-not-registered",
        (
            "FileNotFoundError: Op type not registered 'RegexSplitWithOffsets' in binary running on f"
            "00. Make sure the Op and Kernel are registered"
        ),
    ),
    ("op-not-registered", "KeyError: 'SentencepieceTokenizeOp'\n  File 'tensorflow/python/framework/ops.py'"),
    ("op-not-registered", "ValueError: No op named SentencepieceOp in defined operations."),
    ("custom-compile-object", "Exception: Invalid objective: mean_squared_abs_error"),
    (
        "custom-compile-object",
        (
            "ValueError: Unknown metric function: {'class_name': 'precision', 'config': {'name': 'pre"
            "cision', 'trainable': True}}"
        ),
    ),
    ("custom-compile-object", "ValueError: Unknown metric function:binary_precision"),
    (
        "op-not-registered",
        (
            "tensorflow.python.framework.errors_impl.NotFoundError: Converting GraphDef to Graph has "
            "failed with an error: 'Op type not registered 'TFText>RoundRobinTrim' in binary running "
            "on x"
        ),
    ),
    (
        "api-mixed-keras-packages",
        (
            "TypeError: The added layer must be an instance of class Layer. Found: "
            "<tensorflow.python.keras.engine.functional.Functional object at 0x7f1>"
        ),
    ),
]
