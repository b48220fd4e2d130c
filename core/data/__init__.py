"""What every noun of the domain stands on: the database, the vault, the outbox and the way out of the house."""
