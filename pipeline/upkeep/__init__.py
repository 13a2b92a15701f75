"""Looking after what the batches leave: copies, checks, retention, another reading."""
