"""Makes the layers of rebuilt detectors known to Keras, whichever of both is imported first.

Keras finds the classes in a `.keras` file by what has been registered, and Loadstone imports no Keras by itself. So
the layers are registered at once where Keras is there already, else right after somebody imports it.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
"""Type checkers take this for true; see `loadstone/__init__.py`."""
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
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


class Around:
    """A finder that finds nothing: it lets the import of one module go its way, and stands around its running.

    `run` is called with what runs the module, and the module. It is called once: the finder is gone then.
    """

    def __init__(self, name: str, run: Callable[[Callable[[ModuleType], None], ModuleType], None]) -> None:
        self.name, self._run = name, run

    def __repr__(self) -> str:
        return f"Around({self.name!r})"

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the module's own spec with a loader that does more; None for every other module."""
        if name != self.name:
            return None
        from importlib.util import find_spec

        # Somebody may only be looking, so that this finder stays until the module has run.
        sys.meta_path.remove(self)
        try:
            spec = find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        run = getattr(spec.loader, "exec_module", None) if spec is not None else None
        if spec is None or run is None:
            return spec

        def exec_module(module: ModuleType) -> None:
            sys.meta_path[:] = [other for other in sys.meta_path if other is not self]
            self._run(run, module)

        spec.loader.exec_module = exec_module  # type: ignore[union-attr,method-assign]
        return spec

    def stand(self) -> None:
        """Wait for the import, unless another of this name does."""
        if not any(isinstance(finder, Around) and finder.name == self.name for finder in sys.meta_path):
            sys.meta_path.insert(0, self)


def _and_register(run: Callable[[ModuleType], None], module: ModuleType) -> None:
    run(module)
    register()


def when_imported() -> None:
    """Register the layers now, or when Keras is imported."""
    if KERAS in sys.modules:
        register()
    else:
        Around(KERAS, _and_register).stand()
