"""A root rotation: what it begins with, how the next authorities come about, and how chains change."""
