//! `sustained` (objection - *sustained*) watches a mailbox while its owner objects to Meta using
//! their data to train AI.

pub mod case;
pub mod config;
pub mod mail;
pub mod outlet;
