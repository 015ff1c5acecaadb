"""Weights: manifest, file or Hub, SHA-256, safetensors. Imports errors, and networks by name."""

from colorizer.weights.store import (
    WEIGHTS_DIR,
    Check,
    Entry,
    entries,
    fitted,
    load,
    pull,
    push,
    register,
    resolve,
    save,
    source,
    verify,
    weights_dir,
)

__all__ = [
    "WEIGHTS_DIR",
    "Check",
    "Entry",
    "entries",
    "fitted",
    "load",
    "pull",
    "push",
    "register",
    "resolve",
    "save",
    "source",
    "verify",
    "weights_dir",
]
