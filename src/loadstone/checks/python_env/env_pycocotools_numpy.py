"""pycocotools and NumPy do not fit: the evaluation fails, and the model and its boxes are sound.

What is seen

    `'numpy.float64' object cannot be interpreted as an integer` in cocoeval.py, `module 'numpy' has no attribute
    'float'` there, or `numpy.ufunc size changed` when pycocotools is imported.

Why

    pycocotools up to 2.0.1 counts with floats, which `np.linspace` refuses since NumPy 1.18; up to 2.0.4 it uses names
    that NumPy 1.24 has not; and its compiled part must be built for the installed NumPy.

Remedy

    Install a newer pycocotools: python -m pip install --upgrade --force-reinstall --no-cache-dir pycocotools
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.environment.versions import order
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "env-pycocotools-numpy",
    "warning",
    help="install a newer pycocotools: python -m pip install --upgrade pycocotools",
    reference="https://numpy.org/doc/stable/release/1.18.0-notes.html#expired-deprecations",
)

_COCO = r"pycocotools|cocoeval|coco_eval|coco_tools|COCOeval|linspace|coco_detection_metrics"

TEXTS = (
    Saying(
        r"numpy\.float64'?>? (?:object )?cannot be (?:safely )?interpreted as an integer",
        "pycocotools counts with floats, which NumPy 1.18 and newer refuse",
        needs=(_COCO,),
    ),
    Saying(
        r"numpy\.float64'?>? (?:object )?cannot be (?:safely )?interpreted as an integer",
        "a float stands where NumPy 1.18 and newer want an integer, as in old pycocotools",
        certainty="possible",
        unless=(_COCO,),
    ),
    Saying(
        r"numpy\.(?:dtype|ufunc|ndarray) size changed, may indicate binary incompatibility"
        r"|compiled against A[BP]I version",
        "pycocotools was compiled for another NumPy than the one installed",
        needs=(r"pycocotools|_mask\.pyx",),
        help="build it for this NumPy: python -m pip install --force-reinstall --no-cache-dir pycocotools",
    ),
    Saying(
        r"[Mm]odule '?numpy'? has no attribute '(?P<name>\w+)'",
        "pycocotools uses np.{name}, which the installed NumPy has not",
        needs=(r"pycocotools",),
    ),
)

FIRST_WITH_INTEGERS = "2.0.2"


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the target environment's pycocotools cannot count with its NumPy."""
    if subject.top:
        yield from from_environment(subject.environment)


def from_environment(environment: Environment) -> Iterator[Finding]:
    """Yield a finding for pycocotools before 2.0.2 beside NumPy 1.18 or newer."""
    coco, numpy = environment.packages.get("pycocotools", ""), environment.packages.get("numpy", "")
    if coco and numpy and order(coco) < order(FIRST_WITH_INTEGERS) and order(numpy) >= order("1.18"):
        yield FAULT.finding(
            f"pycocotools {coco} cannot evaluate with NumPy {numpy}; loading a model is not touched by it",
            Evidence(environment.name, f"pycocotools {coco}, numpy {numpy}", f"pycocotools>={FIRST_WITH_INTEGERS}"),
        )
