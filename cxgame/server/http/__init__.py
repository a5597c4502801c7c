"""The HTTP face: health, metrics, later REST and pages. Start at `app`."""
