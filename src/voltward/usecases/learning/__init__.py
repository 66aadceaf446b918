"""What the gateway learnt comes into the store, each thing once."""
