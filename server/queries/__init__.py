"""What people look at: every function takes the viewer and only reads."""
