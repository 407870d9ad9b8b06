//! Event in, state and effects out: what a message changes and what is to be done about it.
//!
//! This room is pure: it is told the time, and it acts by returning values.

// What decides is pure: the lists are in clippy.toml.
#![deny(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]
// A new event or state does not compile until every place has said what it means.
#![deny(clippy::wildcard_enum_match_arm)]

pub mod effect;
