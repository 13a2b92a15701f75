"""What a batch says about itself: the morning report, the log, figures for monitoring."""
