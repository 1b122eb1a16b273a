"""Performance of the framework: fer-train and prediction beside bare PyTorch, start-up, memory, and how they grow."""
