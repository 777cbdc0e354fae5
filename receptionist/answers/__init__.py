"""How hosts answer: a link in the message, good for one answer, to a small page of the reception's own."""
