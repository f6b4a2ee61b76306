"""The names that Keras itself defines, over all its versions: an allow-list.

Whatever is not here is shown by name as custom, and never imported. A module that is not Keras' own makes a class
custom however it is called, since a file may name any module (CVE-2025-1550).
"""

from __future__ import annotations

MODELS = frozenset({"Functional", "Graph", "Model", "Sequential"})

_RANKED = (
    "AdaptiveAveragePooling", "AdaptiveMaxPooling", "AtrousConvolution", "AveragePooling", "AvgPool", "Conv",
    "ConvLSTM", "Convolution", "Cropping", "Deconvolution", "DepthwiseConv", "GlobalAveragePooling", "GlobalAvgPool",
    "GlobalMaxPool", "GlobalMaxPooling", "LocallyConnected", "MaxPool", "MaxPooling", "SeparableConv",
    "SeparableConvolution", "SpatialDropout", "UpSampling", "ZeroPadding",
)  # fmt: skip
_TRANSPOSED = ("Conv", "Convolution")

LAYERS = frozenset(
    {f"{stem}{rank}D" for stem in _RANKED for rank in (1, 2, 3)}
    | {f"{stem}{rank}DTranspose" for stem in _TRANSPOSED for rank in (1, 2, 3)}
    | {
        "AbstractRNNCell", "Activation", "ActivityRegularization", "ActivityRegularizer", "Add", "AdditiveAttention",
        "AlphaDropout", "Attention", "AugMix", "AutoContrast", "Average", "BatchNormalization", "BatchNormalizationV1",
        "BatchNormalizationV2", "Bidirectional", "CategoryCrossing", "CategoryEncoding", "CenterCrop", "Concatenate",
        "ContrastLimitedAdaptiveHistogramEqualization", "CuDNNGRU", "CuDNNLSTM", "CutMix", "Dense", "DenseFeatures",
        "Discretization", "Dot", "Dropout", "ELU", "EinsumDense", "Embedding", "Equalization", "FeatureSpace",
        "Flatten", "FlaxLayer", "GRU", "GRUCell", "GRUV1", "GRUV2", "GaussianDropout", "GaussianNoise",
        "GroupNormalization", "GroupQueryAttention", "GroupedQueryAttention",
        "HashedCrossing", "Hashing", "Highway", "Identity", "InputLayer",
        "InputSpec", "IntegerLookup", "JaxLayer", "LSTM", "LSTMCell", "LSTMV1", "LSTMV2", "Lambda", "Layer",
        "LayerNormalization", "LayerScale", "LeakyReLU", "Masking", "MaxNumBoundingBoxes", "Maximum", "MaxoutDense",
        "MelSpectrogram", "Merge", "Minimum", "MixUp", "MultiHeadAttention", "Multiply", "Normalization", "PReLU",
        "ParametricSoftplus", "PeepholeLSTMCell", "Permute", "Pipeline", "RMSNormalization", "RNN", "RandAugment",
        "RandomBrightness", "RandomColorDegeneration", "RandomColorJitter", "RandomContrast", "RandomCrop",
        "RandomElasticTransform", "RandomErasing", "RandomFlip", "RandomFourierFeatures", "RandomGaussianBlur",
        "RandomGrayscale", "RandomHeight", "RandomHue", "RandomInvert", "RandomPerspective", "RandomPosterization",
        "RandomRotation", "RandomSaturation", "RandomSharpness", "RandomShear", "RandomTranslation", "RandomWidth",
        "RandomZoom", "ReLU", "RepeatVector", "Rescaling", "Reshape", "Resizing", "ReversibleEmbedding", "SReLU",
        "STFTSpectrogram", "SimpleRNN", "SimpleRNNCell", "Softmax", "Solarization", "SpectralNormalization",
        "StackedRNNCells", "StringLookup", "Subtract", "SyncBatchNormalization", "TFSMLayer", "TextVectorization",
        "ThresholdedReLU", "TimeDistributed", "TimeDistributedDense", "TorchModuleWrapper", "UnitNormalization",
        "WeightNormalization", "Wrapper",
        # What tf.keras made of plain TensorFlow calls in a functional model.
        "AddLoss", "AddMetric", "ClassMethod", "InstanceMethod", "InstanceProperty", "SlicingOpLambda", "TFOpLambda",
        "TensorFlowOpLayer",
    }
)  # fmt: skip

PARTS = frozenset(
    {
        # Initializers.
        "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "IdentityInitializer", "LecunNormal",
        "LecunUniform", "Ones", "Orthogonal", "OrthogonalInitializer", "RandomNormal", "RandomUniform", "STFT",
        "STFTInitializer", "TruncatedNormal", "VarianceScaling", "Zeros",
        # Regularizers and constraints.
        "L1", "L1L2", "L2", "OrthogonalRegularizer", "MaxNorm", "MinMaxNorm", "NonNeg", "RadialConstraint", "UnitNorm",
        "WeightRegularizer", "L1L2Regularizer", "L1Regularizer", "L2Regularizer",
        # Optimizers and their schedules.
        "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion", "LossScaleOptimizer",
        "MultiOptimizer", "Muon", "Nadam", "RMSprop", "SGD", "ScheduleFreeAdamW", "TFOptimizer", "CosineDecay",
        "CosineDecayRestarts", "ExponentialDecay", "InverseTimeDecay", "PiecewiseConstantDecay", "PolynomialDecay",
        "DynamicLossScale",
        # Losses.
        "BinaryCrossentropy", "BinaryFocalCrossentropy", "CTC", "CategoricalCrossentropy",
        "CategoricalFocalCrossentropy", "CategoricalGeneralizedCrossEntropy", "CategoricalHinge", "Circle",
        "CosineSimilarity", "Dice", "Hinge", "Huber", "KLDivergence", "LogCosh", "LossFunctionWrapper",
        "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError", "MeanSquaredLogarithmicError",
        "Poisson", "SparseCategoricalCrossentropy", "SquaredHinge", "Tversky",
        # Metrics.
        "AUC", "Accuracy", "BinaryAccuracy", "BinaryIoU", "CategoricalAccuracy", "ConcordanceCorrelation",
        "CosineProximity", "F1Score", "FBetaScore", "FalseNegatives", "FalsePositives", "IoU", "LogCoshError", "Mean",
        "MeanIoU", "MeanMetricWrapper", "MeanRelativeError", "MeanTensor", "OneHotIoU", "OneHotMeanIoU",
        "PearsonCorrelation", "Precision", "PrecisionAtRecall", "R2Score", "Recall", "RecallAtPrecision",
        "RootMeanSquaredError", "SensitivityAtSpecificity", "SparseCategoricalAccuracy",
        "SparseTopKCategoricalAccuracy", "SpecificityAtSensitivity", "Sum", "SumOverBatchSize",
        "SumOverBatchSizeMetricWrapper", "TopKCategoricalAccuracy", "TrueNegatives", "TruePositives",
        # Quantizers.
        "AbsMaxQuantizer",
        # Policies of types, and values that a configuration may hold.
        "DTypePolicy", "DTypePolicyMap", "FloatDTypePolicy", "QuantizedDTypePolicy", "QuantizedFloat8DTypePolicy",
        "GPTQDTypePolicy", "AWQDTypePolicy", "Int4DTypePolicy", "Policy", "PolicyV1", "Int8QuantizationConfig",
        "Int4QuantizationConfig", "Float8QuantizationConfig", "GPTQConfig", "AWQConfig", "KerasTensor",
        "CompositeTensor", "TensorShape", "TypeSpec", "SeedGenerator", "FeatureSpaceFeature", "Cross", "Feature",
        "__ellipsis__", "__keras_tensor__", "__none__", "__numpy__", "__slice__", "__tensor__", "__tuple__",
        "__typespec__", "slice", "tuple", "bytes", "DType", "dtype",
    }
)  # fmt: skip

ACTIVATIONS = frozenset(
    {
        "celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish",
        "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid",
        "silu", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax",
        "squareplus", "swish", "tanh", "tanh_shrink", "threshold",
    }
)  # fmt: skip

OBJECTIVES = frozenset(
    {
        "acc", "accuracy", "bce", "bin_accuracy", "binary_accuracy", "binary_crossentropy", "binary_focal_crossentropy",
        "binary_iou", "categorical_accuracy", "categorical_crossentropy", "categorical_focal_crossentropy",
        "categorical_generalized_cross_entropy", "categorical_hinge", "ce", "circle", "concordance_correlation",
        "cosine", "cosine_proximity", "cosine_similarity", "crossentropy", "ctc", "dice", "fbeta_score", "fmeasure",
        "hinge", "huber", "huber_loss", "kl_divergence", "kld", "kullback_leibler_divergence", "log_cosh", "logcosh",
        "mae", "mape", "matthews_correlation", "mean_absolute_error", "mean_absolute_percentage_error",
        "mean_squared_error", "mean_squared_logarithmic_error", "mse", "msle", "pearson_correlation", "poisson",
        "precision", "r2_score", "recall", "sparse_categorical_accuracy", "sparse_categorical_crossentropy",
        "sparse_top_k_categorical_accuracy", "squared_hinge", "top_k_categorical_accuracy", "tversky",
    }
)  # fmt: skip
"""Losses and metrics that a configuration may name by a string."""

_ROOTS = ("keras", "tf_keras", "keras_core")
_TENSORFLOW = ("tensorflow.keras", "tensorflow.python.keras", "tensorflow.contrib.keras")


def is_keras_module(module: str) -> bool:
    """Return whether a module is Keras' own; an empty one is, since Keras before 2.12 records none."""
    root = module.partition(".")[0]
    return not module or root in _ROOTS or module.startswith(_TENSORFLOW)


def is_stock(class_name: str, module: str = "") -> bool:
    """Return whether Keras itself defines the class, in any version."""
    if module == "builtins":
        return class_name in PARTS
    if not is_keras_module(module):
        return False
    # A functional model of Keras 3 holds operations, each a class of its own under this module.
    if module.startswith("keras.src.ops."):
        return class_name.isidentifier()
    return class_name in LAYERS or class_name in MODELS or class_name in PARTS
