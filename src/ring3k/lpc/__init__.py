"""Local procedure call: ports, messages, channels."""
