"""Lightning callbacks: progress, order of randomness, memory layout."""
