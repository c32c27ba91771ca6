"""People, households and who may see which."""
