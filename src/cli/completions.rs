//! `sustained completions`: what lets a shell complete the command line, from clap's definitions.

use clap::builder::PossibleValue;
use clap::{Args, Command};
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
    let mut command = offered(&super::command()).version(env!("CARGO_PKG_VERSION"));
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, "sustained", &mut script);
    if arguments.shell == Shell::Fish {
        script.extend(words_for_fish(&command).into_bytes());
    }
    print::document(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// The words that stand behind a verb without an option: clap_complete (4.6) tells fish of those of
/// options alone.
fn words_for_fish(command: &Command) -> String {
    let mut lines = String::new();
    for verb in command.get_subcommands() {
        for argument in verb.get_positionals() {
            let values = argument.get_possible_values();
            let words: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
            if !words.is_empty() {
                let (verb, words) = (verb.get_name(), words.join(" "));
                let condition = format!("__fish_sustained_using_subcommand {verb}");
                let line = format!("complete -c sustained -n \"{condition}\" -f -a \"{words}\"\n");
                lines.push_str(&line);
            }
        }
    }
    lines
}

/// What of a command is offered: hidden verbs and options are for units and the program itself, and
/// a shell would offer them.
fn offered(command: &Command) -> Command {
    let arguments = command.get_arguments().filter(|one| !one.is_hide_set());
    let verbs = command.get_subcommands().filter(|one| !one.is_hide_set());
    let about = command.get_about().cloned().unwrap_or_default();
    Command::new(command.get_name().to_owned())
        .about(about)
        .args(arguments)
        .subcommands(verbs.map(offered))
}
