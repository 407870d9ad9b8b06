//! Event in, state and effects out: what a message changes and what is to be done about it.
//!
//! This room is pure: it is told the time, and it acts by returning values.

pub mod effect;
