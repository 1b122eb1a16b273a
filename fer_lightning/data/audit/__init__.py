"""What is in a data set, and what its training, validation and test sides share."""
