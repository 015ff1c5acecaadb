"""Predictors: Photo in, Photo out, one a task; tiling and precision beside them. Imports photo to weights."""
