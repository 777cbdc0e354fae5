"""Behaviour: hand-written rules that are a recurrent network, and the session around it."""
