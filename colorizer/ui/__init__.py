"""What does the page look like, and what happens when somebody touches it? One file a tab, words beside."""
