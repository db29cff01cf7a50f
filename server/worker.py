"""Takes jobs off the event log: reports and thumbnails; seals the log."""
