"""Configuration manager: the registry."""
