"""Masks in bits, and what proposals see of them: what TensorFlow's `crop_and_resize` sees of the same pixels."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

pytest.importorskip("keras")

from keras import ops

from loadstone.facts.masks import MaskView
from loadstone.training.faster_rcnn.masks import cropped, mask_loss, packed

SIZE = (37, 53)


def views(random: np.random.Generator, count: int, size: tuple[int, int]) -> list[MaskView | None]:
    pixels = random.random((count, *size)) < 0.5
    rows, columns = np.arange(size[0]), np.arange(size[1])
    return [MaskView(partial(np.asarray, one), rows, columns) for one in pixels]


def test_masks_are_packed_in_bits_and_padded() -> None:
    found = packed([*views(np.random.default_rng(0), 2, (30, 41)), None], SIZE, 4)
    assert (found.shape, found.dtype) == ((4, 37, 7), np.dtype(np.uint8))
    bits = np.unpackbits(found, axis=2)
    wanted = [view.pixels() for view in views(np.random.default_rng(0), 2, (30, 41)) if view]
    np.testing.assert_array_equal(bits[:2, :30, :41], wanted)
    assert bits.sum() == np.sum(wanted)


@pytest.mark.tensorflow
def test_crops_are_tensorflows() -> None:
    tensorflow = pytest.importorskip("tensorflow")
    random = np.random.default_rng(1)
    batch = np.stack([packed(views(random, 3, SIZE), SIZE, 3) for _ in range(2)])
    rows = random.integers(0, 3, (2, 8)).astype(np.int32)
    low = random.uniform(0, 30, (2, 8, 2))
    boxes = np.concatenate([low, np.minimum(low + random.uniform(0, 30, (2, 8, 2)), SIZE)], axis=2).astype(np.float32)
    boxes[0, 0] = (0, 0, *SIZE)
    tensors = (ops.convert_to_tensor(array) for array in (batch, rows, boxes))
    ours: Any = cropped(*tensors, shape=(5, 9), size=(37.0, 53.0), by_matrix=False)
    pixels = np.unpackbits(batch, axis=3)[..., :53].astype(np.float32)
    own = np.take_along_axis(pixels, rows[..., None, None].astype(np.int64), axis=1).reshape(16, 37, 53, 1)
    relative = (boxes / np.array([*SIZE, *SIZE], np.float32)).reshape(16, 4)
    theirs = tensorflow.image.crop_and_resize(own, relative, np.arange(16), (5, 9)).numpy()
    np.testing.assert_allclose(ops.convert_to_numpy(ours).reshape(theirs.shape), theirs, atol=2e-5)
    assert 0.1 < theirs.mean() < 0.9


def test_no_object_no_loss() -> None:
    zeros = ops.zeros
    loss = mask_loss(zeros((1, 2, 3, 3, 4)), zeros((1, 2), "int32"), zeros((1, 2, 3, 3)), zeros((1, 2)))
    assert float(loss) == 0.0
