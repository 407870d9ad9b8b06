//! `sustained submit-here`: runs the submission program in a unit of its own.
//!
//! It is for `sustained-submit@.service`, not for people.

use std::ffi::OsString;

use clap::Args;

use super::exit::{Exit, Stopped};
use super::runtime;
use crate::outlet::relay::{HereError, here};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    command: Vec<OsString>,
}

pub(super) fn submit_here(arguments: &Arguments) -> Result<Exit, Stopped> {
    let ended = runtime()?.block_on(here(&arguments.command));
    ended.map(|()| Exit::Done).map_err(|error| {
        let exit = match &error {
            HereError::NoConnection(_) => Exit::Usage,
            HereError::NoLetter | HereError::Abandoned | HereError::Unanswered(_) => Exit::Failed,
        };
        Stopped::new(exit, error)
    })
}
