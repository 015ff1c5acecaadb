"""How is a picture turned into a result? One predictor a task: the expensive step apart from the cheap
one."""
