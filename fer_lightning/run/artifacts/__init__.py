"""Files of a run: results, figures, tables, and the lock of its folder."""
