"""The organiser's face for browsers: the admin secret once, then a session and its cookie."""
