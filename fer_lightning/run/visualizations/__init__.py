"""Pages: pictures of a trained net at work on test faces."""
