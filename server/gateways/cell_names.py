"""Names of cells as spreadsheets have them."""


def letters(index: int) -> str:
    """Return the letters of a column: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name
