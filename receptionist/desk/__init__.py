"""The front desk's view: who waits, who is in the building, today's visits, messages and their state."""
