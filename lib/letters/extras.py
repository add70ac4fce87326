"""Which extra of this package a module needs: an import that fails for want of one says how to install it."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

# by module or package; those that are not here need none, or import one that is
EXTRAS = {
    "bulk": "scale",
    "charts": "notebooks",
    "dataset": "data",
    "game": "notebooks",
    "letter_files": "data",
    "metrics": "data",
    "pen": "data",
    "plots": "notebooks",
    "serve": "serve",
    "sketchpad": "notebooks",
    "stand_in": "notebooks",
    "training": "train",
}


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        try:
            super().exec_module(module)
        except ModuleNotFoundError as error:
            extra = EXTRAS[module.__name__.split(".")[1]]
            # of several modules that import each other, the one that was asked for comes last and says it
            error.msg = f'{error.args[0]}. {module.__name__} needs: pip install "letters[{extra}]"'
            raise


class Finder:
    """Finds the modules of EXTRAS, as Python does, for `sys.meta_path`."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        package, *modules = name.split(".")
        if package != "letters" or not modules or modules[0] not in EXTRAS:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(name, spec.loader.path)
        return spec


def watch() -> None:
    """Have imports of this package's modules say which extra they need."""
    sys.meta_path.insert(0, Finder)
