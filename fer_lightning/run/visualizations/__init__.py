"""Visualizations of a trained net on test faces, one page each."""
