"""Messages of further releases and programs, as their sources print them; and log lines that are no fault."""

from __future__ import annotations

import pytest

import loadstone as ls

WORDINGS = [
    (
        "env-keras-newer-than-tf",
        "ImportError: cannot import name 'get_config' from 'tensorflow.python.eager.context'",
    ),
    ("env-keras-newer-than-tf", "ModuleNotFoundError: No module named 'tensorflow.python.trackable'"),
    (
        "extension-mismatch-keras3",
        (
            "ValueError: Invalid filepath extension for saving. Please add either a `.keras` extension. "
            "Received: filepath=my_model."
        ),
    ),
    ("keras-internal-import", "ImportError: cannot import name 'multi_gpu_model' from 'keras.utils'"),
    (
        "keras2-h5-in-keras3-dtype-policy",
        "ValueError: Cannot interpret `dtype` argument. Received: dtype={'class_name': 'Policy', 'config': {}}",
    ),
    (
        "keras3-file-in-keras2-batch-shape",
        "Error: An InputLayer should be passed either a `batchInputShape` or an `inputShape`.",
    ),
    (
        "keras3-layer-state-missing",
        "KeyError: \"Unable to synchronously open object (object 'vars' doesn't exist)\"",
    ),
    ("newer-keras2-h5-in-older-tf", "ValueError: Unknown layer: RandomFlip"),
    ("optimizer-newer-tf", "TypeError: Unexpected keyword argument passed to optimizer: jit_compile"),
    ("newer-keras2-h5-in-older-tf", "TypeError: Unexpected keyword argument passed to optimizer: learning_rate"),
    ("tfkeras-h5-in-standalone-keras", "ValueError: Unknown initializer: GlorotUniform"),
    ("custom-object-not-registered", "ValueError: Unknown layer: Custom>PositionalEncoding"),
    (
        "savedmodel-in-keras3-load-model",
        "Note that the legacy SavedModel format is not supported by `load_model()` in Keras 3.",
    ),
    (
        "api-mixed-keras-packages",
        "ValueError: ('Could not interpret optimizer identifier:', <keras.optimizers.Adam object at 0x7f>)",
    ),
    ("api-mixed-keras-packages", "AttributeError: 'Tensor' object has no attribute '_keras_history'"),
    ("custom-compile-object", "ValueError: Unknown loss function: <lambda>"),
    (
        "lambda-safe-mode",
        "ValueError: The `output_shape` of this `Lambda` layer is a Python lambda. Deserializing it is unsafe.",
    ),
    (
        "op-not-registered",
        (
            "RuntimeError: Regular TensorFlow ops are not supported by this interpreter. Make sure you apply/link the "
            "Flex delegate before inference.Node number 3 (FlexErf) failed to prepare."
        ),
    ),
    ("op-not-registered", "RuntimeError: Encountered unresolved custom op: MaxPoolWithArgmax."),
    ("graph-newer-than-runtime", "ValueError: No op named NonMaxSuppressionV3 in defined operations."),
    ("zip-corrupt-or-html", "End-of-central-directory signature not found.  Either this file is not a zipfile, or"),
    ("ckpt-index-corrupt", "tensorflow.python.framework.errors_impl.DataLossError: block checksum mismatch"),
    (
        "ckpt-index-data-mismatch",
        "InvalidArgumentError: Invalid size in bundle entry: key a/kernel; stored size 8; expected size 4",
    ),
    ("h5-signature-not-found", "OSError: Unable to open file (File signature not found)"),
    (
        "h5-truncated",
        "IOError: Unable to open file (Truncated file: eof = 8544, sblock->base_addr = 0, stored_eoa = 58889)",
    ),
    ("h5-weights-only", "KeyError: \"Can't open attribute (can't locate attribute: 'model_config')\""),
    (
        "savedmodel-bad-tags",
        (
            "RuntimeError: MetaGraphDef associated with tags {'serve'} could not be found in "
            "SavedModel, with available "
            "tags '[{'train'}]'."
        ),
    ),
    (
        "wrong-loader-frozen-as-savedmodel",
        (
            "ValueError: Importing a SavedModel with `tf.saved_model.load` requires a `tags=` argument "
            "if there is more "
            "than one MetaGraph. Got `tags=None`, but there are 0 MetaGraphs in the SavedModel with tag sets []."
        ),
    ),
    ("wrong-loader-frozen-as-savedmodel", "OSError: Cannot parse file b'm/saved_model.pb': Wrong wire type in tag.."),
    ("savedmodel-mount-or-layout", "Could not find base path /models/m for servable m"),
    ("savedmodel-signature-mismatch", "KeyError: 'serving_default'"),
    (
        "savedmodel-signature-mismatch",
        (
            "InvalidArgumentError: cannot compute __inference_signature_wrapper_9 as input "
            "#0(zero-based) was expected to "
            "be a uint8 tensor but is a float tensor [Op:__inference_signature_wrapper_9]"
        ),
    ),
    (
        "ckpt-path-is-shard-file",
        "ValueError: The passed save_path is not a valid checkpoint: m/model.ckpt.meta",
    ),
    ("ckpt-path-is-state-file", "ValueError: The passed save_path is not a valid checkpoint: logs/checkpoint"),
    (
        "path-is-directory",
        (
            "OSError: Unable to open file (file read failed: time = Mon, filename = './l', file "
            "descriptor = 4, errno = "
            "21, error message = 'Is a directory')"
        ),
    ),
    (
        "benign-optimizer-state",
        (
            "UserWarning: Skipping variable loading for optimizer 'adam', because it has 2 variables whereas the saved "
            "optimizer has 34 variables."
        ),
    ),
    ("ckpt-in-model-dir-autoresume", "INFO:tensorflow:Skipping training since max_steps has already saved."),
    (
        "ckpt-arch-mismatch",
        (
            "NotFoundError: Restoring from checkpoint failed. This is most likely due to a Variable "
            "name or other graph "
            "key that is missing from the checkpoint. Original error:\n\nKey lstm/bias not found in checkpoint"
        ),
    ),
    (
        "h5-numclasses-mismatch",
        'ValueError: If using `weights="imagenet"` with `include_top=True`, `classes` should be 1000.',
    ),
    ("tf2-config-on-tf1-odapi", "ValueError: ssd_mobilenet_v2_fpn_keras is not supported for tf version 1."),
    ("env-cpu-no-avx", "zsh: illegal hardware instruction  python train.py"),
    (
        "env-protobuf-too-new",
        "TypeError: MessageToJson() got an unexpected keyword argument 'including_default_value_fields'",
    ),
    ("odapi-pythonpath", "ImportError: No module named object_detection.builders"),
    ("odapi-mixed-checkouts", "ModuleNotFoundError: No module named 'object_detection.builders.x_builder'"),
    (
        "gpu-libs-mixed-versions",
        (
            "Could not load dynamic library 'libcusparse.so.12'; dlerror: libnvJitLink.so.12: undefined symbol: "
            "__nvJitLinkAddData_12_1"
        ),
    ),
    ("gpu-libs-mixed-versions", "Could not load library cudnn_ops_infer64_8.dll. Error code 127"),
    ("gpu-memory-preallocation", "NotFoundError: No algorithm worked! [[node conv2d/Conv2D]]"),
    ("net-dns-or-offline", "Error executing an HTTP request: libcurl code 6 meaning 'Couldn't resolve host name'"),
    ("url-gone-or-forbidden", "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>"),
    (
        "h5-file-open-elsewhere",
        "OSError: Unable to open file (unable to lock file, Win32 GetLastError() = 33)",
    ),
]

HARMLESS = [
    (
        "I tensorflow/core/util/port.cc:113] oneDNN custom operations are on. You may see slightly different numerical "
        "results due to floating-point round-off errors from different computation orders."
    ),
    "W tensorflow/compiler/tf2tensorrt/utils/py_utils.cc:38] TF-TRT Warning: Could not find TensorRT",
    "I tsl/cuda/cudart_stub.cc:32] Could not find cuda drivers on your machine, GPU will not be used.",
    (
        "E cuda_dnn.cc:9261] Unable to register cuDNN factory: Attempting to register factory for "
        "plugin cuDNN when one "
        "has already been registered"
    ),
    "WARNING:absl:Compiled the loaded model, but the compiled metrics have yet to be built.",
    "WARNING:tensorflow:No training configuration found in the save file, so the model was *not* compiled.",
    "Epoch 1/10\n1875/1875 [====] - 5s 2ms/step - loss: 0.2912 - accuracy: 0.9152",
    "Downloading data from https://storage.googleapis.com/a/b.h5\n102967424/102967424 [====] - 2s 0us/step",
    "INFO: Created TensorFlow Lite XNNPACK delegate for CPU.",
]


@pytest.mark.parametrize(("fault", "text"), WORDINGS)
def test_a_message_gives_its_fault_first(fault: str, text: str) -> None:
    found = ls.explain(text).findings
    assert [one.fault for one in found][:1] == [fault]


@pytest.mark.parametrize("text", HARMLESS)
def test_a_harmless_line_gives_no_error(text: str) -> None:
    assert [one.fault for one in ls.explain(text).findings if one.severity == "error"] == []


def test_the_full_stop_of_a_sentence_is_no_part_of_a_name() -> None:
    found = ls.explain("ValueError: Unknown loss function: focal_loss. Please ensure this object is passed").findings[0]
    assert "`focal_loss`" in found.fact


def test_an_empty_list_of_cards_on_windows_is_the_release() -> None:
    found = ls.explain("GPU list is empty on Windows", "Windows 11, TF 2.15, python 3.10").findings
    assert found[0].fault == "gpu-windows-native-unsupported"
