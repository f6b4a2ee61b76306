"""Batch norms as the originals train them: which momentum, which statistics, and what moves.

The original's fused batch norm normalises with the batch's biased variance, but its moving variance takes the unbiased
one, n / (n − 1) times as large. Its frozen ones use the moving statistics and leave them, while gamma and beta train.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from loadstone.blueprint.network import Node


@dataclass(frozen=True, slots=True)
class NormRule:
    """How one batch norm trains: moving = moving · momentum + batch · (1 − momentum), unless it is `frozen`."""

    momentum: float = 0.99
    frozen: bool = False


@keras.saving.register_keras_serializable("loadstone")
class MovingNorm(keras.layers.BatchNormalization):
    """Batch normalisation whose moving variance is the unbiased one, for maps (batch, height, width, channels).

    `frozen`: the moving statistics normalise also in training, and stay as they are; gamma and beta still train.
    """

    def __init__(self, *, frozen: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.frozen = frozen

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise; with `training` by the batch's statistics, which then move the stored ones."""
        moves = bool(training) and self.trainable and not self.frozen
        if not moves:
            return super().call(inputs, training=False, mask=mask)
        if len(inputs.shape) == 4 and keras.backend.backend() == "tensorflow":
            return self._fused(inputs)
        if len(inputs.shape) == 4 and keras.backend.backend() == "torch" and inputs[..., 0].numel() > 1:
            return self._fused_torch(inputs)
        kept = self.moving_variance * self.momentum
        outputs = super().call(inputs, training=True, mask=mask)
        if len(inputs.shape) > 2:
            count = ops.cast(ops.size(inputs) // inputs.shape[-1], kept.dtype)
            unbiased = count / ops.maximum(count - 1, 1)
            self.moving_variance.assign(kept + (self.moving_variance - kept) * unbiased)
        return outputs

    def _fused(self, inputs: Any) -> Any:
        """Normalise with the kernel that the original has, which also moves the statistics, unbiased.

        Keras's own, in several operations and their gradients, takes twice as long (`benchmarks/training_parts.py`).
        """
        import tensorflow as tf

        beta = ops.cast(self.beta, "float32")
        gamma = ops.cast(self.gamma, "float32") if self.scale else ops.ones_like(beta)
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            gamma,
            beta,
            mean=self.moving_mean.value,
            variance=self.moving_variance.value,
            epsilon=self.epsilon,
            is_training=True,
            exponential_avg_factor=1.0 - self.momentum,
        )
        self.moving_mean.assign(mean)
        self.moving_variance.assign(variance)
        return outputs

    def _fused_torch(self, inputs: Any) -> Any:
        """Normalise with PyTorch's own kernel, which moves the statistics by the same rule, unbiased as well.

        Keras's own takes 17 operations over the map and their gradients.
        """
        from torch.nn.functional import batch_norm

        gamma = self.gamma.value if self.scale else None
        maps = batch_norm(
            inputs.permute(0, 3, 1, 2),
            self.moving_mean.value,
            self.moving_variance.value,
            gamma,
            self.beta.value,
            training=True,
            momentum=1.0 - self.momentum,
            eps=self.epsilon,
        )
        return maps.permute(0, 2, 3, 1)

    def get_config(self) -> dict[str, Any]:
        """Return what the layer was made with."""
        return {**super().get_config(), "frozen": self.frozen}


MOST_KEPT = 0.05
"""How much of what a norm began with may be left at the end: more, and detection goes by it."""

QUICK = 0.97
"""A momentum that follows within a hundred steps; the zoo's SSDs have it."""


def notes_on_norms(model: Any, updates: int) -> tuple[str, ...]:
    """Return the sentence on batch norms that begin without statistics (0 and 1), and at the end still have none.

    The training goes by the batch's statistics and comes far; detection goes by the stored ones, and finds little.
    """
    slow = QUICK
    for layer in model._flatten_layers(include_self=False):
        if isinstance(layer, MovingNorm) and layer.trainable and not layer.frozen and layer.momentum > slow:
            mean, variance = (ops.convert_to_numpy(one) for one in (layer.moving_mean, layer.moving_variance))
            if not mean.any() and (variance == 1).all():
                slow = layer.momentum
    kept = slow**updates
    if slow == QUICK or kept <= MOST_KEPT:
        return ()
    found = f"batch norms of momentum {slow:g} begin without statistics, and {kept:.0%} of that is left at the end"
    helps = f"begin from a checkpoint, take more steps, or lower the decay of batch_norm where there is one, to {QUICK}"
    return (f"{found} ({updates:,} updates), so that little will be found: {helps}",)


def moving_norm(node: Node, name: str, rule: NormRule) -> MovingNorm:
    """Return the layer of a `batch_norm` node."""
    attributes = node.attributes
    return MovingNorm(
        frozen=rule.frozen,
        momentum=rule.momentum,
        epsilon=attributes["epsilon"],
        scale=attributes["scale"],
        name=name,
    )
