"""Money: the ledger, gateways, wallets, top-ups and reconciliation. Owners are opaque ids; no names here."""
