"""Copies of events for the receivers a school chose."""
