"""Forms of the console: what a person types, checked and with the error beside the field."""
