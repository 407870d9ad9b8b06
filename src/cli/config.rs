//! `sustained config`: the JSON Schema of the configuration, for editors; and whether a
//! configuration is right, so that a change is tried before a reload.
//!
//! Nothing is connected, started or written.

use clap::{Args, Subcommand};
use serde_json::json;

use super::Globals;
use super::exit::{Exit, Stopped};
use super::print::{self, Form};
use crate::dkim::Verifier;
use crate::outlet::{Format, Outlets};

/// The keys of the configuration, their types and what they mean.
pub(super) const SCHEMA: &str = include_str!("../../config.schema.json");

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Read the configuration and say what is wrong with it; nothing is connected or started
    Check,
    /// Print the JSON Schema that editors complete and check config.toml by
    Schema,
}

pub(super) fn config(globals: &Globals, arguments: &Arguments) -> Result<Exit, Stopped> {
    match arguments.what {
        What::Check => check(globals)?,
        What::Schema => print::document(SCHEMA)?,
    }
    Ok(Exit::Done)
}

/// Goes as far as `run` goes before it speaks to anybody.
fn check(globals: &Globals) -> Result<(), Stopped> {
    let config = globals.load()?;
    Verifier::offline(&config.authenticity).map_err(|why| Stopped::new(Exit::BadConfig, why))?;
    Outlets::new(&config, Format::Human).map_err(|why| Stopped::new(Exit::BadConfig, why))?;
    let path = config.path.display().to_string();
    match globals.form() {
        Form::Text => print::line(&format!("{path} is right")),
        Form::Json => print::object(&json!({ "config": path, "valid": true })),
    }
}
