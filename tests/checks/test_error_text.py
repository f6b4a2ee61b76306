"""Error texts: cleaned, their exceptions in order, and the environment that they prove."""

from __future__ import annotations

import pytest

from loadstone.checks.error_text import clean, decode, read

CHAIN = """\
Traceback (most recent call last):
  File "/opt/conda/lib/python3.10/site-packages/keras/src/models/model.py", line 30, in load
    inner()
OSError: first cause
a second line of it

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "train.py", line 3, in <module>
    main()
tensorflow.python.framework.errors_impl.DataLossError: the echo
"""
NOTEBOOK = """\
---------------------------------------------------------------------------
ValueError                                Traceback (most recent call last)
<ipython-input-3-0123456789ab> in <module>
----> 1 model = load_model("x.h5")

~\\AppData\\Roaming\\Python\\Python39\\site-packages\\keras\\saving\\save.py in load_model(filepath)
    200   with x:
File c:\\tools\\lib\\site-packages\\keras\\utils.py:67, in filter_traceback.<locals>.error_handler(*args)
ValueError: No model found
"""


def test_a_chain_is_read_in_order_with_notes_and_relation() -> None:
    raised = read(CHAIN).exceptions
    assert [(one.name, one.relation, one.line) for one in raised] == [
        ("OSError", "", 4),
        ("DataLossError", "context", 12),
    ]
    assert raised[0].message == "first cause\na second line of it"
    assert [(frame.path, frame.line, frame.function) for frame in read(CHAIN).frames][1] == ("train.py", 3, "<module>")


def test_a_notebook_s_traceback_is_one_exception_with_its_frames() -> None:
    error = read(NOTEBOOK)
    assert [(one.name, one.message) for one in error.exceptions] == [("ValueError", "No model found")]
    assert [frame.function for frame in error.frames] == [
        "<module>",
        "load_model",
        "filter_traceback.<locals>.error_handler",
    ]
    assert error.frames[2].line == 67
    assert (error.environment.system, error.environment.python) == ("Windows", "3.9")


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x1b[0;31mValueError\x1b[0m: x\r\ny", "ValueError: x\ny"),
        ("[0;31mValueError[0m: x", "ValueError: x"),
        ("web_1  | a\nweb_1  | b\n", "a\nb"),
        ("> a\n>\n> b", "a\n\nb"),
        ("2024-01-01T00:00:00.1234567Z a\n2024-01-01T00:00:00.1234568Z b", "a\nb"),
        ("[/usr/lib/python3.10/x.py](https://localhost:8080/#) in f(x)", "/usr/lib/python3.10/x.py in f(x)"),
        ("Op&lt;name=Equal&gt;", "Op<name=Equal>"),
        ("10%\r20%\rdone", "10%\n20%\ndone"),
        ("list[0] stays", "list[0] stays"),
    ],
)
def test_a_text_is_cleaned(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_log_is_decoded(encoding: str) -> None:
    assert clean(decode("Ошибка: x.h5\nOSError: no".encode(encoding)))[-11:] == "OSError: no"


@pytest.mark.parametrize(
    ("text", "package", "version"),
    [
        ("/site-packages/keras/src/models/functional.py", "keras", (3,)),
        ("/site-packages/keras/src/engine/base_layer.py", "keras", (2, 13)),
        ("C:\\x\\site-packages\\keras\\engine\\topology.py", "keras", (2,)),
        ("tf_keras/src/engine/input_layer.py:153", "tf-keras", (2,)),
        ("module 'keras._tf_keras.keras.layers' has no attribute", "tensorflow", (2, 16)),
        ("/lib/python3.6/site-packages/tensorflow-1.15.2.dist-info/x", "tensorflow", (1, 15, 2)),
        ("TensorFlow version: 2.11.0", "tensorflow", (2, 11, 0)),
        ("I use TF 1.x", "tensorflow", (1,)),
        ("tensorflow-gpu==1.14.0", "tensorflow", (1, 14, 0)),
        ("TF 2.18", "keras", (3,)),
    ],
)
def test_a_version_is_read(text: str, package: str, version: tuple[int, ...]) -> None:
    assert read(text).environment.version(package) == version


def test_what_a_traceback_proves_outranks_what_is_said() -> None:
    error = read(
        "I have Keras 2.15.0\n  File '/usr/lib/python3.11/site-packages/keras/src/legacy/saving/x.py'", "python 3.9"
    )
    assert error.environment.version("keras") == (3,)
    assert error.environment.python == "3.11"
    assert len(error.disputed) == 2
    assert not error.environment.complete


def test_a_saying_that_agrees_says_the_rest() -> None:
    error = read("Keras 3.4.1\n/usr/lib/python3.11/site-packages/keras/src/legacy/saving/x.py")
    assert error.environment.version("keras") == (3, 4, 1)
    assert error.disputed == ()


def test_cudnn_s_number_is_a_version() -> None:
    assert read("Loaded cuDNN version 8201").environment.cuda["cudnn"] == "8.2.1"
    assert read("Loaded cuDNN version 90300").environment.cuda["cudnn"] == "9.3.0"
