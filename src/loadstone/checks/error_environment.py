"""From an error text to the environment that it happened in: what it proves, and below that what somebody says.

A traceback names folders, a log names libraries: those cannot be mistaken. A person says `TF 2.15` and means what was
meant to be installed. So every fact has a standing, and what is proved outranks what is said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from loadstone.facts.environment import Environment, release

Facts = dict[str, str]
"""`python`, `system`, `package:NAME`, `cuda:NAME` → what is known; a version may be as short as `3`."""

_PYTHON = (
    r"(?:lib|lib64|Lib|envs)[/\\]+python(\d\.\d{1,2})[/\\]",
    r"python(\d\.\d{1,2})/(?:site|dist)-packages",
    r"[Pp]ython(?:\.framework)?[/\\]+(?:Versions[/\\]+)?(\d\.\d{1,2})[/\\]",
    r"\.cpython-(\d{2,3})[-.]",
    r"[-_]cp(\d{2,3})[-_m]",
    r"[\\/](?:[Pp]ython|py)(\d{2,3})[\\/]",
    r"-py(\d\.\d{1,2})(?:-[\w]+)?\.egg",
    r"^Python (\d\.\d{1,2}\.\d+)[^\n]*\n?\[(?:GCC|MSC|Clang)",
)
_SYSTEM = (
    (
        "Windows",
        r"(?<![A-Za-z])[A-Za-z]:\\+\w|\\+lib\\+site-packages\\|(?:tensorflow|keras|google)\\+[a-z_]+\\|\.dll\b",
    ),
    ("Darwin", r"/Users/\w|/Library/Frameworks/|/opt/homebrew/|\.dylib\b|macosx?_\d"),
    (
        "Linux",
        r"(?<![\w.])/(?:home|root|usr/lib|content|kaggle|opt/conda|databricks|mnt|workspace|proc)/\w|\.so(?:\.\d+)*\b",
    ),
)
_PACKAGES = (
    # tf.keras became Keras 3 with TensorFlow 2.16; its shim has been `keras._tf_keras` since Keras 3.1.
    ("keras", "3", r"keras[./\\]+_tf_keras|(?<![\w])keras[./\\]+src[./\\]+legacy[./\\]+saving"),
    (
        "keras",
        "3",
        r"(?<!tf_)(?<!\w)keras[./\\]+src[./\\]+(?:models|ops|trainers|backend[./\\]+\w+[./\\]+\w+|layers[./\\]+layer)\b",
    ),
    ("keras", "3", r"Keras 3 only supports V3|<KerasTensor shape=|registered_name': None"),
    ("keras", "2.13", r"(?<!tf_)(?<!\w)keras[./\\]+src[./\\]+(?:engine|dtensor|saving[./\\]+legacy)\b"),
    ("keras", "2", r"(?<!\w)(?<!python[./\\])keras[./\\]+engine[./\\]"),
    ("tf-keras", "2", r"tf_keras[./\\]+src[./\\]"),
    ("keras-core", "0.1", r"keras_core[./\\]"),
    ("tensorflow", "2.16", r"keras[./\\]+_tf_keras"),
    ("tensorflow", "2", r"tensorflow_core[./\\]+compat[./\\]+v1"),
)
"""Package, the version that is proved at least in its first numbers, and the pattern that proves it."""

_DISTRIBUTION = re.compile(r"[/\\]([A-Za-z][\w.]*)-(\d+(?:\.\d+)+\w*)(?:-py\d\.\d+[^/\\]*\.egg|\.dist-info|\.egg-info)")
_CUDA = (
    ("cudnn", r"Loaded runtime CuDNN library: (\d+(?:\.\d+)*)"),
    ("cudnn", r"Loaded cuDNN version (\d{4,6})"),
    ("capability", r"[Cc]ompute [Cc]apability:? (\d+\.\d)"),
    ("driver", r"kernel (?:reported )?version(?: is)?:? (\d{3}\.\d+(?:\.\d+)?)"),
    ("runtime", r"libcudart\.so\.(\d+\.\d+)|cudart64_(\d{2,3})\.dll'? *$"),
)
_SAID_PYTHON = r"\b[Pp]ython(?: [Vv]ersion)?[:= ]{1,3}v?(\d(?:\.\d{1,2}){0,2})\b"
_SAID_SYSTEM = (
    ("Windows", r"\b[Ww]indows\b|\bWin ?(?:7|8|10|11)\b"),
    ("Darwin", r"\b[Mm]ac ?OS\b|\bOS ?X\b|\bDarwin\b|\bmacbook\b"),
    (
        "Linux",
        r"\b(?:[Uu]buntu|[Ll]inux|[Dd]ebian|[Cc]ent ?OS|[Ff]edora|[Cc]olab|[Kk]aggle|WSL|Rocky|Jetson|[Dd]ocker)",
    ),
)
_SAID_NAMES = {
    "tensorflow": r"(?:[Tt]ensor[Ff]low|\bTF|\btf)(?:[-_ ]?(?:gpu|cpu|GPU|nightly|macos))*",
    "keras": r"(?<![\w.-])[Kk]eras",
    "tf-keras": r"\btf[-_]keras",
    "h5py": r"\bh5py",
    "numpy": r"\b[Nn]um[Pp]y",
    "protobuf": r"\b[Pp]rotobuf",
    "tensorflow-hub": r"\b(?:tensorflow[-_ ])?[Hh]ub",
    "pycocotools": r"\bpycocotools",
    "opencv-python": r"\b[Oo]pen[Cc][Vv]",
}
_SAID_CUDA = {"runtime": r"\b(?:CUDA|cuda|Cuda)", "cudnn": r"\b(?:cuDNN|CUDNN|cudnn|CuDNN|cudNN)"}
_SAID_VERSION = (
    r"(?: ?[Vv]ersions?)?(?: ?(?:is|:|==|=|>=|-|@|\() ?| ?)"
    r"[Vv]?(\d{1,2}(?:\.(?:\d+|x|X)){0,3}(?:rc\d+|b\d+)?)(?![\w-]*\.(?:h5|pb|so))"
)


def shown(text: str, environment: Environment | str | None = None) -> tuple[Environment, tuple[str, ...]]:
    """Return the environment that a text shows, and the sayings that it disproves.

    `environment` is what is known beside the text (a value, ranked above sayings in the text) or what is said.
    """
    beside = environment if isinstance(environment, str) else ""
    sure = proved(text)
    claims = said(beside) | {name: value for name, value in said(text).items() if name not in said(beside)}
    given = _facts(environment) if isinstance(environment, Environment) else {}
    disputed = tuple(
        f"the text says {_label(name)} {claim}, and shows {sure[name]}"
        for name, claim in claims.items()
        if name in sure and not _agree(claim, sure[name])
    )
    merged: Facts = {}
    for facts in (sure, given, claims):
        for name, value in facts.items():
            # A proof may give the first number only; a saying that agrees with it may say the rest.
            if name not in merged or (_agree(value, merged[name]) and len(value) > len(merged[name])):
                merged[name] = value
    _conclude(merged)
    return _environment(merged), disputed


def described(words: str) -> Environment:
    """Return an environment from words such as `Windows 10, python 3.7, TF 2.4`."""
    return _environment(said(words))


def proved(text: str) -> Facts:
    """Return what folders, library names and log lines of a text prove."""
    facts: Facts = {}
    for pattern in _PYTHON:
        if found := re.search(pattern, text, re.MULTILINE):
            facts.setdefault("python", _dotted(found[1]))
    for system, pattern in _SYSTEM:
        if re.search(pattern, text):
            facts.setdefault("system", system)
    for package, version, pattern in _PACKAGES:
        if re.search(pattern, text):
            facts.setdefault(f"package:{package}", version)
    for found in _DISTRIBUTION.finditer(text):
        facts.setdefault("package:" + found[1].lower().replace("_", "-"), found[2])
    for name, pattern in _CUDA:
        if found := re.search(pattern, text, re.MULTILINE):
            facts.setdefault(f"cuda:{name}", _cudnn(found[1] or found[2]) if name == "cudnn" else found[1] or found[2])
    return facts


def said(text: str) -> Facts:
    """Return the versions and systems that a person states in words."""
    facts: Facts = {}
    if found := re.search(_SAID_PYTHON, text):
        facts["python"] = found[1]
    for system, pattern in _SAID_SYSTEM:
        if re.search(pattern, text):
            facts.setdefault("system", system)
    for names, prefix in ((_SAID_NAMES, "package"), (_SAID_CUDA, "cuda")):
        for name, words in names.items():
            if found := re.search(words + _SAID_VERSION, text):
                facts[f"{prefix}:{name}"] = re.sub(r"\.[xX].*", "", found[1])
    return facts


def _conclude(facts: Facts) -> None:
    """Add what follows from TensorFlow's version: up to 2.15 `tf.keras` is Keras of the same number."""
    version = release(facts.get("package:tensorflow", ""))
    if version and len(version) > 1 and version >= (2, 16) and "package:tf-keras" not in facts:
        facts.setdefault("package:keras", "3")


def _facts(environment: Environment) -> Facts:
    facts = {"python": environment.python, "system": environment.system}
    facts |= {f"package:{name}": version for name, version in environment.packages.items()}
    facts |= {f"cuda:{name}": version for name, version in environment.cuda.items()}
    return {name: value for name, value in facts.items() if value}


def _environment(facts: Mapping[str, str]) -> Environment:
    packages = {name[8:]: value for name, value in facts.items() if name.startswith("package:")}
    cuda = {name[5:]: value for name, value in facts.items() if name.startswith("cuda:")}
    known = Environment(name="the text's", complete=False, packages=packages, cuda=cuda)
    return replace(known, python=facts.get("python", ""), system=facts.get("system", ""))


def _agree(one: str, other: str) -> bool:
    first, second = release(one), release(other)
    if first is None or second is None:
        return one == other
    shared = min(len(first), len(second), 2)
    return first[:shared] == second[:shared] or (shared == 2 and first[0] == second[0] == 2 and "2.13" in (one, other))


def _label(name: str) -> str:
    return name.partition(":")[2] or name


def _dotted(digits: str) -> str:
    return digits if "." in digits else f"{digits[0]}.{digits[1:]}"


def _cudnn(number: str) -> str:
    """Return cuDNN's version from its number: 8201 is 8.2.1, 90300 is 9.3.0 (its header's arithmetic since 9)."""
    if "." in number:
        return number
    value = int(number)
    large = value >= 90_000
    major, rest = divmod(value, 10_000 if large else 1_000)
    return f"{major}.{rest // 100}.{rest % 100}"
