"""An environment written down: as requirements, as a pyproject, as a conda environment. Text only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from loadstone.environment.resolve import Resolution

Form = Literal["requirements", "pyproject", "conda"]
FORMS: tuple[Form, ...] = ("requirements", "pyproject", "conda")
NAME = "model-environment"


def written(resolution: Resolution, form: Form) -> str:
    """Return the text of a file of this form, with a line end at its end."""
    return {"requirements": requirements, "pyproject": pyproject, "conda": conda}[form](resolution)


def requirements(resolution: Resolution) -> str:
    """Return the text of a requirements.txt; the Python and the reasons stand in comments, which pip ignores."""
    head = [f"# Python {resolution.python}", *(f"# {reason}" for reason in resolution.reasons)]
    head += [f"# set {name}={value}" for name, value in (resolution.variables or {}).items()]
    return "\n".join([*head, *_pins(resolution)]) + "\n"


def pyproject(resolution: Resolution) -> str:
    """Return the text of a pyproject.toml whose dependencies are the pins; `uv sync` makes the environment of it."""
    pins = "\n".join(f'  "{pin}",' for pin in _pins(resolution))
    return (
        f'[project]\nname = "{NAME}"\nversion = "0"\nrequires-python = "=={resolution.python}.*"\n'
        f"dependencies = [\n{pins}\n]\n\n[tool.uv]\npackage = false\n"
    )


def conda(resolution: Resolution) -> str:
    """Return the text of an environment.yml: Python from conda, the rest by pip, since the pins are of its index."""
    pins = "\n".join(f"      - {pin}" for pin in _pins(resolution))
    variables = "".join(f"  {name}: '{value}'\n" for name, value in (resolution.variables or {}).items())
    return (
        f"name: {NAME}\nchannels:\n  - conda-forge\ndependencies:\n  - python={resolution.python}\n  - pip\n"
        f"  - pip:\n{pins}\n" + (f"variables:\n{variables}" if variables else "")
    )


def _pins(resolution: Resolution) -> list[str]:
    return [f"{name}=={version}" for name, version in resolution.pins.items()]
