"""What the household sees now, pushed to browsers and displays."""
