"""Settings by deployment: `home` (one small computer, the default), `cluster` (many), `test`."""
