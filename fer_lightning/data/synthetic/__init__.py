"""Faces drawn from parameters: the embedded default data set, also used by the tests."""
