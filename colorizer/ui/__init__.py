"""The page: one file a tab, and what tabs share. Imports all but training, evaluation and cli."""
