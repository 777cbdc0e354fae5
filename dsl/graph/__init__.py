"""A dialogue as a graph: nodes and typed edges, forms to look at, and the way back to the text."""
