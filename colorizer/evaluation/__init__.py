"""How good are the pictures? Metrics, and the report that the README's tables come from."""
