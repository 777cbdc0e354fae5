"""The agent behind Rasa's REST channel and HTTP API."""
