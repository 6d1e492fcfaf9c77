"""What means harm and what may break: corpora built by code, each reader fuzzed, each door of a started lab tried."""
