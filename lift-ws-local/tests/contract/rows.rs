//! `docs/contract-rows.toml`: every row of the contract, and that its test exists.
