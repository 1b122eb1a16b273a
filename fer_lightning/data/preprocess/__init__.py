"""Steps from the faces as published to the pixels that a model takes."""
