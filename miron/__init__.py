"""The language layer: intent modules that are understood and said from the same sentences."""
