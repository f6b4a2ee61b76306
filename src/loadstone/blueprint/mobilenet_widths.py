"""The depth multiplier of a Keras MobileNet inside an SSD, told from the widths of its layers.

The first layer would tell it, were it not for the smallest width that configurations ask for; so the widest is asked.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

WIDEST = {
    "v1": re.compile(r"(?:classification_backbone/layer_with_weights-52|conv_pw_13)/kernel$"),
    "v2": re.compile(r"(?:classification_backbone/layer_with_weights-102|Conv_1)/kernel$"),
}
"""Of MobileNet v1 the last pointwise convolution, of v2 the last convolution."""

STEM = re.compile(r"(?:classification_backbone/layer_with_weights-0|Conv1|conv1)/kernel$")

STEM_WIDTH = 32
V1_WIDTH, V1_LIGHT_WIDTH = 1024, 256
V2_WIDTH = 1280


Width = Callable[[re.Pattern[str]], int | None]


def multiplier_of(extractor: str, width: Width, *, light: bool) -> float:
    """Return the multiplier of an extractor's type; 1 where it has none or the layers are not there.

    `width` gives the filters of the first layer whose name matches; `light`: whether a separable pyramid stands on the
    network, for which the first version ends in fewer channels.
    The API's Keras form multiplies MobileNet v1's widths twice; v2's last layer is never widened, only narrowed.
    """
    version = re.search(r"mobilenet_(v[12])_", extractor)
    stem, widest = (width(STEM), width(WIDEST[version[1]])) if version else (None, None)
    if version is None or not stem or not widest:
        return 1.0
    if version[1] == "v1":
        pyramid = light and "_fpn_" in extractor
        return widest / V1_LIGHT_WIDTH if pyramid else math.sqrt(widest / V1_WIDTH)
    return widest / V2_WIDTH if widest < V2_WIDTH else stem / STEM_WIDTH
