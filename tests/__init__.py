"""The tests, and what writes drawn faces in the layouts of real data sets (`python -m tests.layouts`)."""
