"""What our authorities make: certificates by their profiles, and the chains above them."""
