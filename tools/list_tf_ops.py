"""Write the names of TensorFlow's standard operations, one a line, sorted.

Run by hand when a new TensorFlow is out: `python tools/list_tf_ops.py`; it needs TensorFlow, the package does not.
Public operations are those of `tf.raw_ops`; the registry adds internal ones, and also operations of TensorFlow's own
tests, which are left out.
"""

from __future__ import annotations

from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "src" / "loadstone" / "formats" / "data" / "tf_ops.txt"
INTERNAL = ("_", "Xla", "TPU")


def main() -> None:
    """Replace the list."""
    import tensorflow as tf

    public = {name for name in dir(tf.raw_ops) if name[:1].isupper()}
    internal = {name for name in registered() if name.startswith(INTERNAL)}
    names = sorted(public | internal)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text("\n".join(names) + "\n", encoding="ascii")
    print(f"{len(names)} operations of TensorFlow {tf.__version__}")


def registered() -> set[str]:
    """Return every operation that the installed TensorFlow has registered."""
    from tensorflow.core.framework import op_def_pb2
    from tensorflow.python.client import pywrap_tf_session

    data = pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList())
    return {op.name for op in op_def_pb2.OpList.FromString(data).op}


if __name__ == "__main__":
    main()
