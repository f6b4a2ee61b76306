"""Messages about TensorFlow across versions, each after its fault."""

from __future__ import annotations

WORDINGS = [
    (
        "graph-newer-than-runtime",
        (
            "ValueError: NodeDef mentions attr 'half_pixel_centers' not in Op<name=ResizeBilinear; si"
            "gnature=images:T, size:int32 -> resized_images:float>"
        ),
    ),
    (
        "graph-newer-than-runtime",
        (
            "tensorflow.python.framework.errors_impl.InvalidArgumentError: NodeDef mentions attribute"
            " grad_x not in the op definition: Op<name=BatchMatMulV2"
        ),
    ),
    ("tf1-code-on-tf2", "ModuleNotFoundError: No module named 'tensorflow.contrib'"),
    ("tf1-code-on-tf2", "AttributeError: module 'tensorflow' has no attribute 'placeholder'"),
    ("tf1-code-on-tf2", "AttributeError: module 'tensorflow' has no attribute 'Session'"),
    ("tf1-code-on-tf2", "AttributeError: module 'tensorflow' has no attribute 'GraphDef'"),
    ("tf1-code-on-tf2", "AttributeError: module 'tensorflow' has no attribute 'get_default_graph'"),
    (
        "tf1-config-on-tf2-odapi",
        (
            "ValueError: ssd_inception_v2 is not supported. See `model_builder.py` for features extra"
            "ctors compatible with different versions of Tensorflow"
        ),
    ),
    ("tf2-config-on-tf1-odapi", "ValueError: Unknown Faster R-CNN feature_extractor: faster_rcnn_resnet50_keras"),
    ("tf1-ckpt-in-tf2-odapi", "OSError: Checkpoint is expected to be an object-based checkpoint."),
    ("savedmodel-newer-than-runtime", "KeyError: '__saved_model_init_op'"),
    ("tf1-code-on-tf2", "AttributeError: module 'tensorflow' has no attribute 'ConfigProto'"),
    ("tf1-code-on-tf2", "AttributeError: module 'tensorflow' has no attribute 'gfile'"),
    ("tf1-code-on-tf2", "ModuleNotFoundError: No module named 'tensorflow.examples.tutorials'"),
    ("tf1-code-on-tf2", "AttributeError: module 'tensorflow._api.v2.train' has no attribute 'import_meta_graph'"),
    (
        "tf1-code-on-tf2",
        ("RuntimeError: The Session graph is empty. Add operations to the graph before calling run()."),
    ),
    (
        "odapi-on-keras3",
        (
            "ValueError: A KerasTensor cannot be used as input to a TensorFlow function. A KerasTenso"
            "r is a symbolic placeholder for a shape and dtype\n object_detection/models/keras_models"
        ),
    ),
    (
        "odapi-on-keras3",
        (
            "AttributeError: module 'keras.api._v2.keras.layers.experimental' has no attribute 'SyncB"
            "atchNormalization'\n object_detection/core/freezable_sync_batch_norm.py"
        ),
    ),
    (
        "graph-newer-than-runtime",
        (
            "tensorflow.python.framework.errors_impl.NotFoundError: Op type not registered 'NonMaxSup"
            "pressionV5' in binary running on x"
        ),
    ),
]
