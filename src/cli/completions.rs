//! `sustained completions`: what lets a shell complete the command line, from clap's definitions.

use clap::{Args, Command, CommandFactory as _};
use clap_complete::{Shell, generate};

use super::exit::{Exit, Stopped};
use super::print;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The shell that is to complete
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn completions(arguments: &Arguments) -> Result<Exit, Stopped> {
    let whole = super::Arguments::command();
    // Hidden verbs are for units and packages; a shell would offer them.
    let verbs = whole.get_subcommands().filter(|verb| !verb.is_hide_set());
    let mut command = Command::new("sustained")
        .version(env!("CARGO_PKG_VERSION"))
        .args(whole.get_arguments())
        .subcommands(verbs);
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, "sustained", &mut script);
    print::document(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
