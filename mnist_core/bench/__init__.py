"""What the lab measures of itself, beside what others offer for the same."""
