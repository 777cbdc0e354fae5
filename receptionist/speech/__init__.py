"""Ears and voice: speech output, speech recognition and the taking of turns between them."""
