//! The gateway against the contract (`docs/contract-rows.toml` names the test of each row).
//!
//! Each test quotes the section that it checks.

mod api_keys;
mod authorizer_events;
mod authorizers;
mod chaos;
mod event_headers;
mod event_samples;
mod events;
mod faults;
mod fidelity;
mod frames;
mod function_policy;
mod handshakes;
mod iam;
mod identity_sources;
mod limits;
mod management;
mod quotas;
mod readings;
mod request_models;
mod results;
mod route_selection;
mod routes;
mod rows;
mod signed;
mod support;
mod throttling;
mod wire;
