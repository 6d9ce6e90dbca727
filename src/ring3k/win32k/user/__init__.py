"""USER: window stations, window classes, windows, messages, hooks, icons."""
