"""Many settings tried by themselves."""
