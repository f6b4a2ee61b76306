"""Messages as the libraries' sources print them, of many releases: each gives its fault, without any environment."""

from __future__ import annotations

import pytest

import loadstone as ls

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
    (
        "h5-truncated",
        ("OSError: Unable to open file (truncated file: eof = 40, sblock->base_addr = 0, stored_eof = 100)"),
    ),
    (
        "h5-truncated",
        (
            "OSError: Unable to synchronously open file (truncated file: eof = 40, sblock->base_addr "
            "= 0, stored_eof = 100)"
        ),
    ),
    ("h5-signature-not-found", "OSError: Unable to synchronously open file (file signature not found)"),
    ("h5-corrupt-content", "OSError: Unable to open file (bad object header version number)"),
    ("h5-corrupt-content", "KeyError: 'Unable to open object (wrong B-tree signature)'"),
    ("h5-corrupt-content", "OSError: Can't read data (inflate() failed)"),
    ("h5-corrupt-content", "RuntimeError: Unable to get link info (bad local heap signature)"),
    ("zip-corrupt-or-html", "zipfile.BadZipFile: Bad CRC-32 for file 'model.weights.h5'"),
    ("zip-corrupt-or-html", "zipfile.BadZipFile: File is not a zip file"),
    ("archive-truncated", "EOFError: Compressed file ended before the end-of-stream marker was reached"),
    ("archive-truncated", "tarfile.ReadError: unexpected end of data"),
    ("archive-truncated", "gzip: stdin: unexpected end of file\ntar: Unexpected EOF in archive"),
    ("html-instead-of-file", "tarfile.ReadError: not a gzip file"),
    ("html-instead-of-file", "gzip.BadGzipFile: Not a gzipped file (b'<!')"),
    ("html-instead-of-file", "gzip: stdin: not in gzip format"),
    (
        "ckpt-data-corrupt",
        ("DataLossError: Checksum does not match: stored 12 vs. calculated on the restored bytes 99 [Op:RestoreV2]"),
    ),
    (
        "ckpt-data-zero-filled",
        ("DataLossError: Checksum does not match: stored 12 vs. calculated on the restored bytes 1925235876"),
    ),
    ("ckpt-snappy", "Data loss: corrupted compressed block contents"),
    (
        "ckpt-shard-renamed-or-missing",
        ("NotFoundError: m/variables/variables.data-00000-of-00001; No such file or directory"),
    ),
    (
        "tfhub-cache-incomplete",
        (
            "ValueError: Trying to load a model of incompatible/unknown type. '/tmp/tfhub_modules/x' "
            "contains neither 'saved_model.pb' nor 'saved_model.pbtxt'."
        ),
    ),
    (
        "cache-hash-mismatch",
        (
            "A local file was found, but it seems to be incomplete or outdated because the auto file "
            "hash does not match the original value of abc so we will re-download the data."
        ),
    ),
    (
        "cache-hash-mismatch",
        (
            "ValueError: Incomplete or corrupted file detected. The md5 file hash does not match the "
            "provided value of abc."
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
    ("path-wrong-or-missing", "OSError: No file or directory found at model.h5"),
    (
        "path-wrong-or-missing",
        (
            "FileNotFoundError: [Errno 2] Unable to open file (unable to open file: name = 'w.h5', er"
            "rno = 2, error message = 'No such file or directory', flags = 0, o_flags = 0)"
        ),
    ),
    (
        "path-wrong-or-missing",
        ("OSError: SavedModel file does not exist at: my_model.h5/{saved_model.pbtxt|saved_model.pb}"),
    ),
    (
        "path-wrong-or-missing",
        (
            "tensorflow.python.framework.errors_impl.NotFoundError: NewRandomAccessFile failed to Cre"
            "ate/Open: training/pipeline.config : The system cannot find the file specified."
        ),
    ),
    (
        "ckpt-path-is-shard-file",
        (
            "DataLossError: Unable to open table file ckpt/model.ckpt-3.data-00000-of-00001: DATA_LOS"
            "S: not an sstable (bad magic number): perhaps your file is in a different file format"
        ),
    ),
    (
        "ckpt-path-is-state-file",
        (
            "W tensorflow/core/util/tensor_slice_reader.cc:95] Could not open m/checkpoint: DATA_LOSS"
            ": not an sstable (bad magic number)"
        ),
    ),
    (
        "ckpt-prefix-not-found",
        (
            "NotFoundError: Unsuccessful TensorSliceReader constructor: Failed to find any matching f"
            "iles for m/model.ckpt"
        ),
    ),
    ("ckpt-prefix-not-found", "ValueError: The passed save_path is not a valid checkpoint: ./model/m.ckpt"),
    ("ckpt-prefix-not-found", "ValueError: Can't load save_path when it is None."),
    (
        "path-is-directory",
        (
            "OSError: Unable to open file (unable to open file: name = 'mymodel', errno = 21, error m"
            "essage = 'Is a directory', flags = 0, o_flags = 0)"
        ),
    ),
    ("path-is-directory", "IsADirectoryError: [Errno 21] Is a directory: 'x/model'"),
    ("path-is-directory", "FailedPreconditionError: training/; Is a directory"),
    (
        "path-missing-masked-unicode",
        ("UnicodeDecodeError: 'utf-8' codec can't decode byte 0xd5 in position 99: invalid continuation byte"),
    ),
    (
        "ckpt-numclasses-mismatch",
        (
            "InvalidArgumentError: Assign requires shapes of both tensors to match. lhs shape= [1,1,5"
            '12,6] rhs shape= [1,1,512,273]\n\t [[Node: save/Assign_9 = Assign[T=DT_FLOAT, _class=["loc'
            ':@BoxPredictor_0/ClassPredictor/weights"]'
        ),
    ),
    (
        "h5-numclasses-mismatch",
        (
            "ValueError: Shape mismatch in layer #83 (named mrcnn_class_logits) for weight mrcnn_clas"
            "s_logits/kernel:0. Weight expects shape (1024, 2). Received saved weight with shape (102"
            "4, 81)"
        ),
    ),
    (
        "h5-numclasses-mismatch",
        (
            "ValueError: Layer #249 (named \"conv2d_59\"), weight <tf.Variable 'conv2d_59/kernel:0' sha"
            "pe=(1, 1, 1024, 255) dtype=float32> has shape (1, 1, 1024, 255), but the saved weight ha"
            "s shape (75, 1024, 1, 1)."
        ),
    ),
    (
        "h5-layer-count-mismatch",
        (
            "ValueError: Layer count mismatch when loading weights from file. Model expected 13 layer"
            "s, found 16 saved layers."
        ),
    ),
    (
        "h5-weight-count-mismatch",
        (
            "ValueError: Weight count mismatch for layer #2 (named bn in the current model, bn1 in th"
            "e save file). Layer expects 4 weight(s). Received 2 saved weight(s)"
        ),
    ),
    ("ckpt-arch-mismatch", "NotFoundError: Key Conv/biases not found in checkpoint\n\t [[node save/RestoreV2]]"),
    (
        "ckpt-missing-ema",
        ("NotFoundError: Key FeatureExtractor/x/weights/ExponentialMovingAverage not found in checkpoint"),
    ),
    (
        "ckpt-missing-quant-vars",
        ("NotFoundError: Key FeatureExtractor/x/weights_quant/max not found in checkpoint"),
    ),
    (
        "h5-sequential-missing-input-shape",
        (
            "ValueError: Weights for model sequential have not yet been created. Weights are created "
            "when the Model is first called on inputs or `build()` is called with an `input_shape`."
        ),
    ),
    (
        "h5-sequential-missing-input-shape",
        (
            "ValueError: Unable to load weights saved in HDF5 format into a subclassed Model which ha"
            "s not created its variables yet. Call the Model first, then load the weights."
        ),
    ),
    (
        "benign-optimizer-state",
        (
            "WARNING:tensorflow:Detecting that an object or model or tf.train.Checkpoint is being del"
            "eted with unrestored values. See the following logs for the specific values in question."
            "\nWARNING:tensorflow:Value in checkpoint could not be found in the restored object: (root"
            ").optimizer.iter"
        ),
    ),
    (
        "benign-head-reinit",
        (
            "W variables_helper.py:154] Variable [BoxPredictor_0/ClassPredictor/weights] is available"
            " in checkpoint, but has an incompatible shape with model variable. Checkpoint shape: [[1"
            ", 1, 512, 273]], model variable shape: [[1, 1, 512, 6]]. This variable will not be initi"
            "alized from the checkpoint."
        ),
    ),
    (
        "byname-autoname-collision",
        (
            "ValueError: Layer #3 (named \"conv2d_3\"), weight <tf.Variable 'conv2d_3/kernel:0' shape=("
            "3, 3, 64, 128)> has shape (3, 3, 64, 128), but the saved weight has shape (32, 3, 7, 7)."
        ),
    ),
    (
        "config-smart-quotes",
        ("google.protobuf.text_format.ParseError: 5:9 : ' name: ”person”': Expected string but found: '”'"),
    ),
    (
        "config-bom-or-encoding",
        (
            'google.protobuf.text_format.ParseError: 1:1 : Message type "object_detection.protos.Stri'
            'ngIntLabelMap" has no field named "\ufeffitem".'
        ),
    ),
    (
        "config-unbalanced-brace",
        (
            'google.protobuf.text_format.ParseError: 99:1 : Message type "object_detection.protos.Tra'
            'inConfig" has no field named "train_input_reader".'
        ),
    ),
    ("labelmap-id-zero", "ValueError: Label map id 0 is reserved for the background label"),
    ("labelmap-id-quoted", "google.protobuf.text_format.ParseError: 2:7 : Couldn't parse integer: '1'"),
    (
        "config-unquoted-or-bad-path",
        ("google.protobuf.text_format.ParseError: 3:21 : Expected string but found: 'D'"),
    ),
    ("config-ckpt-version-missing", "ValueError: Checkpoint version should be V2"),
    (
        "config-wrong-file-kind",
        (
            'google.protobuf.text_format.ParseError: 1:1 : Message type "object_detection.protos.Trai'
            'nEvalPipelineConfig" has no field named "item".'
        ),
    ),
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
    (
        "env-protobuf-too-new",
        (
            "TypeError: Descriptors cannot not be created directly.\nIf this call came from a _pb2.py "
            "file, your generated code is out of date and must be regenerated with protoc >= 3.19.0."
        ),
    ),
    (
        "env-protobuf-too-new",
        ("TypeError: Descriptors cannot be created directly.\nIf this call came from a _pb2.py file"),
    ),
    ("env-protobuf-too-new", "AttributeError: 'MessageFactory' object has no attribute 'GetPrototype'"),
    ("env-protobuf-too-old", "ImportError: cannot import name 'runtime_version' from 'google.protobuf'"),
    (
        "env-protobuf-too-old",
        ("ImportError: cannot import name 'builder' from 'google.protobuf.internal' (/usr/lib/x)"),
    ),
    (
        "env-numpy2-abi",
        ("A module that was compiled using NumPy 1.x cannot be run in\nNumPy 2.0.2 as it may crash."),
    ),
    ("env-numpy2-abi", "RuntimeError: module compiled against API version 0x10 but this version of numpy is 0xf"),
    (
        "env-numpy2-abi",
        (
            "ValueError: numpy.dtype size changed, may indicate binary incompatibility. Expected 96 f"
            "rom C header, got 88 from PyObject"
        ),
    ),
    (
        "env-numpy2-abi",
        ("AttributeError: `np.float_` was removed in the NumPy 2.0 release. Use `np.float64` instead."),
    ),
    ("env-pycocotools-numpy", "TypeError: 'numpy.float64' object cannot be interpreted as an integer"),
    ("env-cpu-no-avx", "Illegal instruction (core dumped)"),
    (
        "env-cpu-no-avx",
        (
            "F tensorflow/core/platform/cpu_feature_guard.cc:37] The TensorFlow library was compiled "
            "to use AVX instructions, but these aren't available on your machine."
        ),
    ),
    (
        "env-cpu-no-avx2",
        ("The TensorFlow library was compiled to use AVX2 instructions, but these aren't available on your machine."),
    ),
    (
        "env-cpu-no-avx",
        (
            "ImportError: DLL load failed: A dynamic link library (DLL) initialization routine failed"
            ".\nFailed to load the native TensorFlow runtime."
        ),
    ),
    (
        "odapi-protos-not-compiled",
        ("ImportError: cannot import name 'string_int_label_map_pb2' from 'object_detection.protos'"),
    ),
    ("odapi-protos-not-compiled", "ModuleNotFoundError: No module named 'object_detection.protos.model_pb2'"),
    ("odapi-pythonpath", "ModuleNotFoundError: No module named 'object_detection'"),
    ("odapi-pythonpath", "ModuleNotFoundError: No module named 'nets'"),
    ("odapi-pythonpath", "ModuleNotFoundError: No module named 'deployment'"),
    (
        "gpu-cudnn-too-old",
        (
            "E external/local_xla/xla/stream_executor/cuda/cuda_dnn.cc:454] Loaded runtime CuDNN libr"
            "ary: 8.0.5 but source was compiled with: 8.9.4.  CuDNN library needs to have matching ma"
            "jor version"
        ),
    ),
    (
        "gpu-libs-missing",
        (
            "W tensorflow/stream_executor/platform/default/dso_loader.cc:59] Could not load dynamic l"
            "ibrary 'cudart64_101.dll'; dlerror: cudart64_101.dll not found"
        ),
    ),
    (
        "gpu-libs-missing",
        ("ImportError: libcublas.so.9.0: cannot open shared object file: No such file or directory"),
    ),
    (
        "gpu-libs-missing",
        (
            "W0000 00:00:17 gpu_device.cc:2344] Cannot dlopen some GPU libraries. Please make sure th"
            "e missing libraries mentioned above are installed properly"
        ),
    ),
    (
        "gpu-memory-preallocation",
        (
            "E tensorflow/stream_executor/cuda/cuda_dnn.cc:329] Could not create cudnn handle: CUDNN_"
            "STATUS_INTERNAL_ERROR"
        ),
    ),
    (
        "gpu-memory-preallocation",
        ("UnknownError: Failed to get convolution algorithm. This is probably because cuDNN failed to initialize"),
    ),
    ("gpu-arch-unsupported", "CUDA error: no kernel image is available for execution on the device"),
    (
        "gpu-arch-unsupported",
        (
            "W tensorflow/core/common_runtime/gpu/gpu_device.cc:2433] TensorFlow was not built with C"
            "UDA kernel binaries compatible with compute capability 12.0. CUDA kernels will be jit-co"
            "mpiled from PTX"
        ),
    ),
    (
        "gpu-oom-batch-size",
        (
            "ResourceExhaustedError: OOM when allocating tensor with shape[64,112,112,64] and type fl"
            "oat on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc"
        ),
    ),
    (
        "gpu-oom-model-size",
        ("ResourceExhaustedError: OOM when allocating tensor with shape[4096,25088] and type float"),
    ),
    ("gpu-cuda-version-mismatch", "CUDA driver version is insufficient for CUDA runtime version"),
    (
        "ckpt-path-is-shard-file",
        (
            "Could not open ./checkpoints/V.ckpt.data-00000-of-00001: Data loss: not an sstable (bad "
            "magic number): perhaps your file is in a different file format and you need to use a dif"
            "ferent restore operator?"
        ),
    ),
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
        "full-model-to-load-weights",
        ("KeyError: \"Can't open attribute (can't locate attribute: 'layer_names')\""),
    ),
    ("h5-numclasses-mismatch", "Exception: Layer shape (1024, 4) not compatible with weight shape (1024, 5)."),
    (
        "h5-numclasses-mismatch",
        (
            "ValueError: Shape mismatch in layer #2 (named dense_5)for weight dense_5/kernel. Weight "
            "expects shape (256, 25). Received saved weight with shape (256, 10)"
        ),
    ),
    (
        "h5-numclasses-mismatch",
        (
            'ValueError: Layer #391 (named "mrcnn_bbox_fc"), weight <tf.Variable \'mrcnn_bbox_fc/kerne'
            "l:0' shape=(1024, 24) dtype=float32> has shape (1024, 24), but the saved weight has shap"
            "e (1024, 8)."
        ),
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
        "benign-head-reinit",
        (
            "WARNING:root:Variable [SecondStageBoxPredictor/BoxEncodingPredictor/biases] is available"
            " in checkpoint, but has an incompatible shape with model variable. Checkpoint shape: [[3"
            "60]], model variable shape: [[20]]. This variable will not be initialized from the check"
            "point."
        ),
    ),
    (
        "gpu-libs-missing",
        (
            "ImportError: Could not find 'cudart64_80.dll'. TensorFlow requires that this DLL be inst"
            "alled in a directory that is named in your %PATH% environment variable."
        ),
    ),
    ("env-protobuf-too-old", "TypeError: __new__() got an unexpected keyword argument 'serialized_options'"),
    (
        "env-protobuf-too-old",
        ("AttributeError: module 'google.protobuf.descriptor' has no attribute '_internal_create_key'"),
    ),
    ("odapi-protos-not-compiled", "ImportError: cannot import name 'anchor_generator_pb2'"),
    ("path-wrong-or-missing", "IOError: [Errno 2] No such file or directory: 'data/mscoco_label_map.pbtxt'"),
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
    (
        "gpu-oom-image-size",
        (
            "ResourceExhaustedError: OOM when allocating tensor with shape[1,3000,4000,64] and type f"
            "loat on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc"
        ),
    ),
    (
        "h5-truncated",
        ("OSError: Unable to open file (truncated file: eof = 94208, sblock->base_addr = 0, stored_eoa = 553482496)"),
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
    (
        "op-not-registered",
        (
            "tensorflow.python.framework.errors_impl.NotFoundError: Converting GraphDef to Graph has "
            "failed with an error: 'Op type not registered 'TFText>RoundRobinTrim' in binary running "
            "on x"
        ),
    ),
    ("get-file-no-postcheck", "the file_hash is only checked for a cached file and never verified after download"),
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
    (
        "api-mixed-keras-packages",
        (
            "TypeError: The added layer must be an instance of class Layer. Found: "
            "<tensorflow.python.keras.engine.functional.Functional object at 0x7f1>"
        ),
    ),
]


@pytest.mark.parametrize(("fault", "text"), WORDINGS)
def test_a_wording_gives_its_fault(fault: str, text: str) -> None:
    assert [finding.fault for finding in ls.explain(text, files=False).findings][:1] == [fault]


def test_the_wordings_are_of_most_faults() -> None:
    assert len({fault for fault, _ in WORDINGS}) > 90
