"""What measures and publishes: benchmarks, the tables of docs/, long trainings; for a checkout, not in the wheel."""
