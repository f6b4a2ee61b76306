"""Messages about the wrong loader or format, each after its fault."""

from __future__ import annotations

WORDINGS = [
    (
        "savedmodel-in-keras3-load-model",
        (
            "ValueError: File format not supported: filepath=my_model. Keras 3 only supports V3 `.ker"
            "as` files and legacy H5 format files (`.h5` extension). Note that the legacy SavedModel "
            "format is not supported by `load_model()` in Keras 3. In order to reload a TensorFlow Sa"
            "vedModel as an inference-only layer in Keras 3, use `keras.layers.TFSMLayer(my_model, ca"
            "ll_endpoint='serving_default')` (note that your `call_endpoint` might have a different n"
            "ame)."
        ),
    ),
    (
        "extension-mismatch-keras3",
        (
            "ValueError: File format not supported: filepath=model.hdf5x. Keras 3 only supports V3 `."
            "keras` files, or legacy H5 format files (`.h5` extension)."
        ),
    ),
    ("h5-weights-only", "ValueError: No model found in config file."),
    ("h5-weights-only", "ValueError: No model config found in the file at <h5py file>."),
    ("savedmodel-not-keras", "AttributeError: 'AutoTrackable' object has no attribute 'predict'"),
    ("savedmodel-not-keras", "AttributeError: '_UserObject' object has no attribute 'compile'"),
    ("savedmodel-not-keras", "AttributeError: 'AutoTrackable' object has no attribute 'summary'"),
    ("savedmodel-not-keras", "TypeError: 'AutoTrackable' object is not callable"),
    (
        "savedmodel-bad-tags",
        (
            "RuntimeError: MetaGraphDef associated with tags 'serve' could not be found in SavedModel"
            ". To inspect available tag-sets in the SavedModel, please use the SavedModel CLI: `saved"
            "_model_cli` available_tags: [{'train'}]"
        ),
    ),
    (
        "wrong-loader-frozen-as-savedmodel",
        (
            "RuntimeError: MetaGraphDef associated with tags {'serve'} could not be found in SavedMod"
            "el. To inspect available tag-sets in the SavedModel, please use the SavedModel CLI: `sav"
            "ed_model_cli`\navailable_tags: []"
        ),
    ),
    ("wrong-loader-savedmodel-as-frozen", "google.protobuf.message.DecodeError: Error parsing message"),
    ("wrong-loader-savedmodel-as-frozen", "google.protobuf.message.DecodeError: Wrong wire type in tag."),
    (
        "tfhub-tf1-in-tf2-api",
        (
            "ValueError: Importing a SavedModel with tf.saved_model.load requires a 'tags=' argument "
            "if there is more than one MetaGraph. Got 'tags=None', but there are 2 MetaGraphs in the "
            "SavedModel with tag sets [[], ['train']]."
        ),
    ),
    ("api-wrong-argument-type", "TypeError: expected str, bytes or os.PathLike object, not Sequential"),
    (
        "full-model-to-load-weights",
        ("KeyError: \"Can't open attribute (can't locate attribute: 'layer_names')\""),
    ),
    (
        "extension-mismatch-keras3",
        ("ValueError: The filename must end in `.weights.h5`. Received: filepath=best_init.hdf5"),
    ),
    (
        "extension-mismatch-keras3",
        ("ValueError: The filepath provided must end in `.keras` (Keras model format). Received: filepath=best.hdf5"),
    ),
    (
        "savedmodel-signature-mismatch",
        (
            "ValueError: Unknown signature default in /content/albert_base (available signatures: _Si"
            "gnatureMap({'mlm': <tensorflow.python.eager.wrap_function.WrappedFunction object at 0x7f"
            "c388d45da0>}))."
        ),
    ),
    (
        "savedmodel-signature-mismatch",
        ('{"error": "Serving signature name: \\"serving_default\\" not found in signature def"}'),
    ),
    (
        "savedmodel-signature-mismatch",
        ('details = "input tensor alias not found in signature: input_1. Inputs expected to be in the set {x}."'),
    ),
    (
        "tfhub-tf1-in-tf2-api",
        ("ValueError: Non-callable result from hub.load('https://tfhub.dev/google/universal-sentence-encoder/2')"),
    ),
    ("tfhub-tf2-in-tf1-api", "AttributeError: module 'tensorflow_hub' has no attribute 'KerasLayer'"),
    (
        "opencv-tf2-od-unsupported",
        (
            "cv2.error: OpenCV(4.5.1) dnn/src/tensorflow/tf_importer.cpp:586: error: (-2:Unspecified error) "
            "Input layer not found: StatefulPartitionedCall/model/conv in function 'connect'"
        ),
    ),
    (
        "zoo-tf2-archive-has-no-frozen-graph",
        (
            "FileNotFoundError: [Errno 2] No such file or directory: "
            "'efficientdet_d0_coco17_tpu-32/frozen_inference_graph.pb'"
        ),
    ),
]
