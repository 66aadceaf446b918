"""What others fetch about our certificates: revocation lists, OCSP answers, the authorities themselves."""
