"""What commands and processes about authorities are put together from."""
