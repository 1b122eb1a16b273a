"""Files that a run leaves in its folder: results, figures, tables, and the lock of the folder."""
