"""A deployment as one file, and back."""
