"""Run as a child: write one small model in every container that TensorFlow and Keras write, into a folder.

python -m tests.runtime.restore_files FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.runtime.restore_models import small, values


def main(folder: Path) -> None:
    """Write the files, named for what they are; `counted` ones come from a model whose layers nobody named."""
    for name in ("named", "counted"):
        keras.utils.clear_session()
        model: Any = small(keras, named=name == "named")
        model.set_weights(values(model))
        optimizer = keras.optimizers.Adam()
        optimizer.build(model.trainable_variables)
        model.save(folder / f"{name}.keras")
        model.save(folder / f"{name}.h5")
        model.save_weights(folder / f"{name}.weights.h5")
        tf.train.Checkpoint(model=model, optimizer=optimizer, step=tf.Variable(3)).write(str(folder / f"{name}.ckpt"))
        tf.train.Checkpoint(model).write(str(folder / f"{name}.root.ckpt"))
        model.export(folder / f"{name}.exported", verbose=False)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.get_variable("old/first/weights", initializer=np.zeros((3, 3, 3, 4), np.float32))
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.train.Saver().save(session, str(folder / "tf1.ckpt"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
