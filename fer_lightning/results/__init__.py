"""result.json and everything that is made from it."""
