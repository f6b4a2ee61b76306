"""The layers of rebuilt detectors are known to Keras after `import loadstone`, in either order, and cost no Keras."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

LOOK = "print(keras.saving.get_registered_object('loadstone>FastAttention'))"


@pytest.mark.skipif(find_spec("keras") is None or find_spec("openvino") is None, reason="no Keras or OpenVINO")
@pytest.mark.parametrize(
    "imports",
    [
        "import loadstone, keras",
        "import keras, loadstone",
        "import loadstone, importlib.util; importlib.util.find_spec('keras'); import keras",
    ],
)
def test_layers_are_registered_in_either_order(imports: str) -> None:
    code = f"{imports}; {LOOK}; import sys; print([one for one in sys.meta_path if 'Around' in repr(one)])"
    environment = {**os.environ, "KERAS_BACKEND": "openvino"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert "FastAttention" in done.stdout
    assert done.stdout.endswith("[]\n")


def test_looking_for_another_module_or_keras_s_place_imports_nothing() -> None:
    code = "import loadstone, importlib.util, sys; importlib.util.find_spec('keras'); print('keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
