"""Meters, registers and the one shelf for readings."""
