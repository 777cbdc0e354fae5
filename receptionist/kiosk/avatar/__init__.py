"""The receptionist's face as a pure function of what it expresses and of time."""
