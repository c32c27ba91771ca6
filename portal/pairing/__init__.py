"""Meters, wall screens and terminals that belong to a household."""
