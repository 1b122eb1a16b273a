"""Composes, checks and explains configs."""
