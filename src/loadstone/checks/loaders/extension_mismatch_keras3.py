"""A Keras file has an ending that Keras 3 takes for another format.

What is seen

    `File not found: filepath=best.keras. Please ensure the file is an accessible .keras zip file` for HDF5 under
    the name `.keras`; `File format not supported` for HDF5 under `.model` or no ending; `file signature not
    found` for a zip under `.h5`.

Why

    Keras 3 chooses its reader by the ending alone. Keras 2 wrote HDF5 under any name, also under `.keras` where
    that was asked for.

Remedy

    Give a copy the ending of what it is: `loadstone fix FILE`.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.endings import ending_of
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "extension-mismatch-keras3",
    "warning",
    help="give a copy the ending of what it is: loadstone fix FILE",
    repair="right-ending",
)

TEXTS = (
    Saying(
        r"File format not supported: ?\s*filepath=(?P<path>[^\n]*?\.(?P<ending>\w+))\. ?\s*Keras 3 only supports",
        "Keras 3 chooses its reader by the ending and knows none for .{ending}: HDF5 or a .keras archive needs its own",
        certainty="likely",
        unless=(r"filepath=[^\n]*?\.(?:pb|pbtxt|tflite|pt|pth|onnx|tar|gz|zip|json)\. ?\s*Keras 3",),
        help="rename a copy to .h5 or .keras, by what it is: loadstone check {in_shell}",
    ),
    Saying(
        r"(?:Please ensure the file is an accessible `?\.keras`? zip file)",
        "the file under the name .keras is no zip: most likely HDF5, which needs the name .h5, or it is not there",
        certainty="possible",
    ),
    Saying(
        (
            r"(?:The filename must end in"
            r"|`?filepath`? provided must end in) `?(?P<ending>\.[\w.]+)`?"
        ),
        "the name must end in {ending}",
        certainty="likely",
    ),
    Saying(
        r"Invalid filepath extension for saving[^\n]*?(?:filepath=(?P<path>[^\n]*?)\.?)?$",
        "Keras 3 chooses its writer by the ending, and {path} has neither .keras nor .h5",
        certainty="likely",
        help='model.save("NAME.keras"), or model.export("FOLDER") for a SavedModel',
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the ending that the file needs."""
    needed, own = ending_of(subject), subject.path.suffix.lower()
    if needed is None or not subject.format.startswith("keras") or own in needed.usual:
        return
    keras = subject.environment.version("keras")
    bites = own == ".keras" or subject.format == "keras-zip" or keras is None or keras[0] >= 3
    fact = f"{subject.path.name} is {needed.words}; Keras 3 chooses its reader by the ending and needs {needed.given}"
    yield FAULT.finding(
        fact,
        Evidence(subject.source, f"the ending {own or '(none)'}", needed.given),
        help=f"loadstone fix {subject.in_shell}   gives a copy that ending",
        severity="warning" if bites else "info",
    )
