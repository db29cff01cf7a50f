"""What is printed and signed: plain data in, bytes out."""
