"""Training: one trainer a model, their data and losses. Imports predictors; nothing that serves needs it."""
