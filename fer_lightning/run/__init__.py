"""From a config to objects, and from objects to a finished run."""
