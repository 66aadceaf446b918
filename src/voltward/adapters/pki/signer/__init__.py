"""Our own signer: keys, ledger, desk and socket."""
