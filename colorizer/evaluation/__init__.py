"""Evaluation: metrics, degradations, and the README's tables. Knows predictors and what they know."""
