"""What trackers (W&B, TensorBoard) are told of a run."""
