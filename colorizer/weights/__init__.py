"""Weights: manifest, file or Hub, SHA-256, safetensors. Imports errors, and networks by name."""

from colorizer.weights.manifest import WEIGHTS_DIR, Entry, weights_dir
from colorizer.weights.store import entries, load, pull, push, register, resolve, sha256, told, verify
from colorizer.weights.tensorfile import fitted, save

__all__ = ["WEIGHTS_DIR", "Entry", "entries", "fitted", "load", "pull", "push", "register"]
__all__ += ["resolve", "save", "sha256", "told", "verify", "weights_dir"]
