"""Resumes interrupted runs."""
