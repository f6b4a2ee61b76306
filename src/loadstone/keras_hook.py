"""Makes the layers of rebuilt detectors known to Keras, whichever of both is imported first.

Keras finds the classes in a `.keras` file by what has been registered, and Loadstone imports no Keras by itself. So
the layers are registered at once where Keras is there already, else right after somebody imports it.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
"""Type checkers take this for true; see `loadstone/__init__.py`."""
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

KERAS = "keras"


def register() -> None:
    """Register the layers; a Keras that is too old for them is left as it is."""
    from contextlib import suppress
    from importlib import import_module

    with suppress(ImportError, AttributeError):
        import_module("loadstone.detectors.keras_layers")
        import_module("loadstone.detectors.known_layers")
        import_module("loadstone.detectors.two_stages")


class AfterKeras:
    """A finder that finds nothing: it lets `import keras` go its way, and registers the layers behind it."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return Keras's own spec with a loader that does one thing more; None for every other module."""
        if name != KERAS:
            return None
        from importlib.util import find_spec

        # Somebody may only be looking, so that this finder stays until the module has run.
        sys.meta_path.remove(self)
        try:
            spec = find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        if spec is not None and spec.loader is not None:
            _and_then(spec)
        return spec


def _and_then(spec: ModuleSpec) -> None:
    """Let the spec's loader register the layers once it has run the module."""
    loader = spec.loader
    run = getattr(loader, "exec_module", None)
    if run is None:
        return

    def exec_module(module: ModuleType) -> None:
        run(module)
        sys.meta_path[:] = [other for other in sys.meta_path if not isinstance(other, AfterKeras)]
        register()

    loader.exec_module = exec_module  # type: ignore[union-attr,method-assign]


def when_imported() -> None:
    """Register the layers now, or when Keras is imported."""
    if KERAS in sys.modules:
        register()
    elif not any(isinstance(finder, AfterKeras) for finder in sys.meta_path):
        sys.meta_path.insert(0, AfterKeras())
