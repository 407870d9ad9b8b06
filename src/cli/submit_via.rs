//! `sustained submit-via`: a submission command that hands on to a unit of its own.
//!
//! It is for `[submission] command`, not for people. Its exit status and its words are those of
//! the program behind the socket; it says nothing of its own but why it could not hand on.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::print;
use crate::outlet::relay::{End, end_in_doubt, via};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where sustained-submit.socket listens
    #[arg(value_name = "SOCKET")]
    socket: PathBuf,
}

pub(super) fn submit_via(arguments: &Arguments) -> ExitCode {
    match via(&arguments.socket, io::stdin()) {
        End::Known(exit, words) => {
            if !words.is_empty() {
                print::talk_of_others(&words);
            }
            ExitCode::from(exit)
        }
        End::Doubt => end_in_doubt(),
    }
}
