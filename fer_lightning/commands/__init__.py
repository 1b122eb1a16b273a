"""The door: one file a console command, thin."""
