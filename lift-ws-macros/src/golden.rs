//! Expansion goldens.
