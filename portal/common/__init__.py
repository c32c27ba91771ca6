"""What every app of the portal stands on."""
