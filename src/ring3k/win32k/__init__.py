"""USER and GDI: window stations, classes, windows and messages; handles of graphics objects."""
