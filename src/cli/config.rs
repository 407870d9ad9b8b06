//! `sustained config schema`: the JSON Schema of the configuration, for editors.
//!
//! It reads no configuration.

use clap::{Args, Subcommand};

use super::exit::{Exit, Stopped};
use super::print;

/// The keys of the configuration, their types and what they mean.
pub(super) const SCHEMA: &str = include_str!("../../config.schema.json");

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print the JSON Schema that editors complete and check config.toml by
    Schema,
}

pub(super) fn config(arguments: &Arguments) -> Result<Exit, Stopped> {
    match arguments.what {
        What::Schema => print::document(SCHEMA)?,
    }
    Ok(Exit::Done)
}
