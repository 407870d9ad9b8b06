//! `sustained manual`: the pages for man: of the program, of each verb, of the configuration.
//!
//! Names, options and verbs are clap's own, so that a page says what `--help` says; what `--help`
//! has no place for is in the tables below. SECURITY: it writes into the folder it is given.

mod settings;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Args, Command, ValueEnum as _};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use super::exit::{Exit, Stopped};

const PROGRAM: &str = "sustained";

/// What the foot of each page says.
const SOURCE: &str = concat!("sustained ", env!("CARGO_PKG_VERSION"));

/// Files, and what is in them.
const FILES: [(&str, &str); 7] = [
    (
        "/etc/sustained/config.toml",
        "The configuration: see `sustained.toml`(5).",
    ),
    (
        "$XDG_CONFIG_HOME/sustained/config.toml",
        "The configuration where the former is not there.",
    ),
    (
        "/var/lib/sustained",
        "The state folder of the service; a person's own is `$XDG_STATE_HOME/sustained`.",
    ),
    (
        "sustained.db",
        "In the state folder: the database, and the truth.",
    ),
    (
        "decisions.jsonl, decisions.head",
        "In the state folder: the decision log, and which line of it was written last.",
    ),
    (
        "evidence/",
        "In the state folder: the messages as received, and the keys that prove them.",
    ),
    (
        "tokens/",
        "In the state folder: what opens a mailbox where `oauth` is used.",
    ),
];

/// Variables of the environment that change what it does.
const ENVIRONMENT: [(&str, &str); 8] = [
    (
        "STATE_DIRECTORY",
        "The state folder. systemd sets it for a service.",
    ),
    (
        "XDG_STATE_HOME",
        "Where the state folder is without that; else `~/.local/state`.",
    ),
    (
        "XDG_CONFIG_HOME",
        "Where a person's own configuration is; else `~/.config`.",
    ),
    (
        "CREDENTIALS_DIRECTORY",
        "Where the credentials are that the configuration names. systemd sets it for a service.",
    ),
    (
        "NOTIFY_SOCKET, WATCHDOG_USEC",
        "How `run` tells systemd that it is ready and well.",
    ),
    (
        "NO_COLOR, CLICOLOR_FORCE",
        "Not empty: never colours, or always where a pipe gets the same words as a terminal; what \
         is for eyes wants `--color always`, which wins over both.",
    ),
    (
        "COLUMNS, TZ",
        "How wide the terminal is, and the time zone of what is shown on it, if not the system's.",
    ),
    (
        "JOURNAL_STREAM",
        "Where it names standard error, log lines have no time: the journal has a clock.",
    ),
];

/// Command lines, and what they are for. Each stands on the page of its verb, too.
const EXAMPLES: [(&str, &str); 12] = [
    (
        "sustained rehearse",
        "Goes through the whole journey, before there is any configuration.",
    ),
    (
        "sustained check",
        "Tries everything that the configuration names, and changes nothing.",
    ),
    (
        "sustained init --oauth microsoft",
        "Consents on any device that tokens open the mailbox.",
    ),
    (
        "sustained run --config /etc/sustained/config.toml",
        "Watches, as the service does.",
    ),
    (
        "sustained arm --account facebook --for 15m",
        "Makes ready; press Send in Meta's form when it says so.",
    ),
    (
        "sustained code --wait 5m",
        "Gives a script the code that comes next.",
    ),
    (
        "sustained note filed --account facebook",
        "Puts on record that you typed the code yourself.",
    ),
    (
        "sustained status --json",
        "Tells a program what is watched; the exit status is 1 if a folder is not heard.",
    ),
    (
        "sustained log --follow --type decision.received",
        "Shows Meta's answers, and those that are to come.",
    ),
    (
        "sustained log verify --evidence",
        "Proves that neither the log nor a kept message was changed.",
    ),
    (
        "sustained read --redact mail.eml > copy.eml",
        "Makes a copy that is fit for the report of a mail that is read wrongly.",
    ),
    (
        "sustained completions bash > ~/.local/share/bash-completion/completions/sustained",
        "Lets bash complete verbs and options.",
    ),
];

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where the folders man1 and man5 go, such as ~/.local/share/man
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

pub(super) fn manual(arguments: &Arguments) -> Result<Exit, Stopped> {
    let mut program = super::command().disable_help_subcommand(true);
    // Verbs get their whole names and what every verb takes.
    program.build();
    write(&program, &arguments.folder).map_err(|error| {
        let place = arguments.folder.display();
        Stopped::new(Exit::Failed, format!("{place}: {error}"))
    })?;
    Ok(Exit::Done)
}

fn write(program: &Command, folder: &Path) -> io::Result<()> {
    let (verbs, files) = (folder.join("man1"), folder.join("man5"));
    fs::create_dir_all(&verbs)?;
    pages(program, &mut |name, page| fs::write(verbs.join(name), page))?;
    fs::create_dir_all(&files)?;
    fs::write(files.join(settings::FILE), settings::page()?)
}

/// Hands over the page of `command` and those of the verbs below it, each with its file's name.
fn pages(
    command: &Command,
    keep: &mut impl FnMut(String, Vec<u8>) -> io::Result<()>,
) -> io::Result<()> {
    let page = Man::new(command.clone());
    let file = page.get_filename();
    let title = file.trim_end_matches(".1").to_uppercase();
    let mut text = Vec::new();
    // Without a day: pages are written when and where they are needed, and those of one version
    // are the same.
    writeln!(text, r#".TH {title} 1 "" "{SOURCE}" "User Commands""#)?;
    page.render_name_section(&mut text)?;
    synopsis(command).to_writer(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    let verbs = command.get_subcommands();
    let verbs: Vec<&Command> = verbs.filter(|verb| !verb.is_hide_set()).collect();
    if !verbs.is_empty() {
        page.render_subcommands_section(&mut text)?;
    }
    further_sections(command, &mut text)?;
    keep(file, text)?;
    for verb in verbs {
        pages(verb, keep)?;
    }
    Ok(())
}

/// How it is called, with what each option takes: clap_mangen's own section leaves that out.
fn synopsis(command: &Command) -> Roff {
    let mut line = vec![bold(command.get_bin_name().unwrap_or(PROGRAM))];
    let shown = command.get_arguments().filter(|one| !one.is_hide_set());
    let (places, options): (Vec<&Arg>, Vec<&Arg>) = shown.partition(|one| one.is_positional());
    for argument in options.into_iter().chain(places) {
        let (before, behind) = if argument.is_required_set() {
            (" ", "")
        } else {
            (" [", "]")
        };
        line.push(roman(before));
        line.extend(called(argument));
        line.push(roman(behind));
    }
    if command.has_subcommands() {
        let is_optional = !command.is_subcommand_required_set();
        line.push(roman(if is_optional { " [" } else { " " }));
        line.push(italic("COMMAND"));
        line.push(roman(if is_optional { "]" } else { "" }));
    }
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    roff.text(line);
    roff
}

/// An argument as it is written: its names, and what it takes.
fn called(argument: &Arg) -> Vec<Inline> {
    let short = argument.get_short().map(|short| format!("-{short}"));
    let long = argument.get_long().map(|long| format!("--{long}"));
    let mut line = Vec::new();
    for name in short.into_iter().chain(long) {
        if !line.is_empty() {
            line.push(roman("|"));
        }
        line.push(bold(name));
    }
    if !argument.get_action().takes_values() {
        return line;
    }
    let may_be_left_out = argument
        .get_num_args()
        .is_some_and(|many| many.min_values() == 0);
    for value in argument.get_value_names().unwrap_or_default() {
        let (before, behind) = if may_be_left_out {
            ("[", "]")
        } else {
            ("", "")
        };
        if !line.is_empty() {
            line.push(roman(" "));
        }
        line.extend([roman(before), italic(value.as_str()), roman(behind)]);
    }
    if matches!(argument.get_action(), ArgAction::Append) {
        line.push(roman("..."));
    }
    line
}

/// What `--help` has no place for.
fn further_sections(command: &Command, page: &mut impl Write) -> io::Result<()> {
    let name = command.get_bin_name().unwrap_or(PROGRAM);
    let is_program = name == PROGRAM;
    let mut roff = Roff::new();
    if is_program {
        section(&mut roff, "FILES", FILES);
        section(&mut roff, "ENVIRONMENT", ENVIRONMENT);
        section(&mut roff, "EXIT STATUS", exits());
    }
    let is_of_it = |(line, _): &(&str, &str)| line.starts_with(name);
    section(&mut roff, "EXAMPLES", EXAMPLES.into_iter().filter(is_of_it));
    roff.control("SH", ["SEE ALSO"]);
    roff.text(marked(if is_program {
        "`sustained.toml`(5), `systemctl`(1), `systemd.exec`(5)"
    } else {
        "`sustained`(1), also for files, environment and exit status"
    }));
    roff.to_writer(page)
}

/// A section of tagged paragraphs; none if there is nothing to tell.
fn section<T: Into<String>>(
    roff: &mut Roff,
    title: &str,
    entries: impl IntoIterator<Item = (T, T)>,
) {
    for (at, (tag, text)) in entries.into_iter().enumerate() {
        if at == 0 {
            roff.control("SH", [title]);
        }
        roff.control("TP", []);
        roff.text([bold(tag)]);
        roff.text(marked(&text.into()));
    }
}

/// What stands below the options in `--help`.
pub(super) fn after_help() -> String {
    let examples = EXAMPLES.map(|(line, meaning)| format!("  {line}\n      {meaning}\n"));
    let exits = exits().into_iter();
    let exits: Vec<String> = exits
        .map(|(exit, meaning)| format!("  {exit:>2}  {meaning}\n"))
        .collect();
    format!(
        "Examples:\n{}\nExit status:\n{}\nThe manual: man sustained, man sustained.toml \
         (`sustained manual FOLDER` writes them)",
        examples.concat(),
        exits.concat()
    )
}

/// Every exit status with its meaning, from the comments of [`Exit`].
fn exits() -> Vec<(String, String)> {
    let told = |exit: &Exit| {
        let value = exit.to_possible_value()?;
        let meaning = value.get_help()?.to_string();
        Some(((*exit as u8).to_string(), meaning))
    };
    Exit::value_variants().iter().filter_map(told).collect()
}

/// Words between backticks in bold.
fn marked(text: &str) -> Vec<Inline> {
    let parts = text.split('`').enumerate();
    let inline = |(at, part): (usize, &str)| if at % 2 == 1 { bold(part) } else { roman(part) };
    parts.map(inline).collect()
}

#[cfg(test)]
mod tests {
    use super::EXAMPLES;

    #[test]
    fn every_example_is_a_command_line_that_is_understood() {
        for (line, _) in EXAMPLES {
            let words = line.split(" > ").next().unwrap().split(' ');
            let parsed = super::super::command().try_get_matches_from(words);
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
        }
    }
}
