"""Messages about weights against architecture, each after its fault."""

from __future__ import annotations

WORDINGS = [
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
        "benign-head-reinit",
        (
            "WARNING:root:Variable [SecondStageBoxPredictor/BoxEncodingPredictor/biases] is available"
            " in checkpoint, but has an incompatible shape with model variable. Checkpoint shape: [[3"
            "60]], model variable shape: [[20]]. This variable will not be initialized from the check"
            "point."
        ),
    ),
]
