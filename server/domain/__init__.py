"""What is true of inspections whatever stores or shows them: pure and exact."""
