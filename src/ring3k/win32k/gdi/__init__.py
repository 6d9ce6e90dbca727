"""GDI: the table of graphics objects, brushes, pens, bitmaps, device contexts in memory."""
