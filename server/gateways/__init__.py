"""Doors to other programs and formats: YAML standards, spreadsheets."""
