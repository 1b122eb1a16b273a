"""Ways of training a net, and what they need: losses, metrics, schedules, callbacks."""
