"""What is kept: tables, the event log, files, migrations."""
