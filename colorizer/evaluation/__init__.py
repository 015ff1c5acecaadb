"""Evaluation: metrics, and the report behind the README's tables. Imports predictors, and training's wear."""
