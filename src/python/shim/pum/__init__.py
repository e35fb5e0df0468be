"""What Python deltas may import of pum. Other parts of an installed Python pum stay importable beside it."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
