"""Meters that push: a synthetic household and the encoders of every telegram Meterside reads."""
