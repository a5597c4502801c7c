"""The documentation as a site: `python -m scripts.website`, or `make docs`."""
