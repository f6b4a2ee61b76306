"""The package `keras` is of another release than the TensorFlow beside it.

What is seen

    `module 'tensorflow.compat.v2' has no attribute '__internal__'`, `cannot import name 'dtensor' from
    'tensorflow.compat.v2.experimental'`, while importing Keras or anything that uses it.

Why

    From 2.6 to 2.15 `tf.keras` is the package `keras`, which calls into TensorFlow's inside and must be of the
    same release.

Remedy

    Install the matching one: `pip install keras==2.N` for TensorFlow 2.N.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "env-keras-newer-than-tf",
    "warning",
    help="install the keras of the same number as TensorFlow",
)

TEXTS = (
    Saying(
        r"Keras requires TensorFlow (?P<version>[\d.]+\d) or higher",
        "the package keras wants TensorFlow {version} or newer, and an older one is here, or none",
    ),
    Saying(
        r"module 'tensorflow(?:\._api\.v\d)?(?:\.compat\.v2)?' has no attribute '__internal__'",
        "the package keras is newer than the TensorFlow beside it",
        help="pip install keras==2.N, N being that of TensorFlow 2.N",
    ),
    Saying(
        (
            r"cannot import name 'dtensor' from 'tensorflow\.compat\.v2\.experimental'"
            r"|No module named 'tensorflow\.compat\.v2\.experimental\.dtensor'"
        ),
        "the package keras is newer than the TensorFlow beside it, which has no dtensor",
    ),
    Saying(
        r"module 'tensorflow\.compat\.v2\.__internal__(?:\.\w+)*' has no attribute '(?P<name>\w+)'",
        (
            "the package keras asks TensorFlow for `{name}`, which this release does not have: the two are of "
            "different releases"
        ),
    ),
    Saying(
        (
            r"AttributeError: module 'tensorflow' has no attribute '(?P<name>get_default_graph|name_scope"
            r"|placeholder|Session)'[\s\S]{0,200}"
            r"|module 'tensorflow\.python\.keras\.backend' has no attribute 'get_graph'"
        ),
        "the package keras and TensorFlow are of different releases",
        certainty="possible",
        needs=(r"site-packages[/\\]keras[/\\]",),
    ),
    Saying(
        r"cannot import name '(?P<name>get_config)' from 'tensorflow\.python\.eager\.context'"
        r"|No module named '(?P<module>tensorflow\.python\.(?:trackable|checkpoint|distribute\.input_lib"
        r"|types\.internal)[\w.]*)'",
        "the package keras asks TensorFlow for {name}{module}, which this release does not have: the two are "
        "of different releases",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the pair of packages where both are known, both are of the time when they had to agree, and they do not."""
    environment = subject.environment
    keras, tensorflow = environment.version("keras"), environment.version("tensorflow")
    if not keras or not tensorflow or keras[0] != 2 or not (2, 6) <= tensorflow[:2] <= (2, 15) or keras[:2] < (2, 6):
        return
    if keras[:2] > tensorflow[:2]:
        wanted = f"keras {tensorflow[0]}.{tensorflow[1]}"
        told = f"keras {environment.packages['keras']} stands beside TensorFlow {environment.packages['tensorflow']}"
        help_ = f"pip install keras=={tensorflow[0]}.{tensorflow[1]}"
        yield FAULT.finding(f"{told}, which needs {wanted}", Evidence(environment.name, told, wanted), help=help_)
