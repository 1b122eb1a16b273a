"""Faces drawn from parameters: the embedded default data set, and the data of the tests."""
