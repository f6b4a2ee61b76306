"""How a training's losses are called where they are shown."""

from __future__ import annotations

from loadstone.cli.train_progress import words_of
from loadstone.training.faster_rcnn.learner import LOSSES, MASK_LOSS


def test_a_loss_has_as_few_words_as_tell_it_from_the_others() -> None:
    plain = ("Loss/localization_loss", "Loss/classification_loss", "Loss/total_loss")
    assert list(words_of(plain).values()) == ["localization", "classification", "total"]
    assert list(words_of((*LOSSES, MASK_LOSS)).values()) == [
        "RPN localization",
        "objectness",
        "BoxClassifier localization",
        "classification",
        "mask",
    ]
    points = ("Loss/object_center", "Loss/box/offset", "Loss/body/keypoint/offset", "Loss/head/keypoint/offset")
    assert list(words_of(points).values()) == [
        "object_center",
        "box offset",
        "body keypoint offset",
        "head keypoint offset",
    ]
    assert words_of(["Loss/a", "Loss/b/a"]) == {"Loss/a": "a", "Loss/b/a": "b a"}
