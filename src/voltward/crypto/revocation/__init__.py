"""Lists and answers about revoked certificates: ours made, others read."""
