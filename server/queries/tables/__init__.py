"""The columns of the console's lists as spreadsheets: declared once for each list, beside nothing else."""
