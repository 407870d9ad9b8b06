//! The pages for man and the completions for shells: they are there, whole, and understood.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::missing;
use crate::support::process::Home;

/// The pages, written by the program.
fn pages(home: &Home) -> Vec<PathBuf> {
    let folder = home.path().join("man");
    let output = home.output(&["manual", folder.to_str().unwrap()], b"");
    assert!(output.status.success(), "{output:?}");
    let sections = ["man1", "man5"].map(|section| fs::read_dir(folder.join(section)).unwrap());
    let entries = sections.into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// What `program` says; `None` if it is not installed.
fn run(program: &str, package: &str, args: &[&str]) -> Option<Output> {
    let output = Command::new(program).args(args).output();
    if output.is_err() {
        missing(program, package);
    }
    output.ok()
}

/// The completions for a shell, in a file.
fn completions(home: &Home, shell: &str) -> PathBuf {
    let output = home.output(&["completions", shell], b"");
    assert!(output.status.success(), "{output:?}");
    home.write(shell, std::str::from_utf8(&output.stdout).unwrap())
}

/// What bash offers for the last word of `line`.
fn offered(line: &str) -> Vec<String> {
    let home = with_a_mail();
    let script = completions(&home, "bash");
    // As bash itself does it: the words so far, and the function that was named for the program.
    let ask = r#"
        source "$1"; shift
        read -r _ _ function _ < <(complete -p sustained | grep -o -- '-F.*' | sed 's/^/- /')
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        "$function" sustained "${@: -1}" "${@: -2:1}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", ask, "bash"]).arg(script);
    command.current_dir(home.path());
    let output = command.args(line.split(' ')).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let words = String::from_utf8(output.stdout).unwrap();
    words.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn every_verb_has_a_page_that_groff_reads_without_a_warning() {
    let home = Home::empty();
    let pages = pages(&home);
    for page in &pages {
        let args = ["-k", "-man", "-ww", "-Tutf8", page.to_str().unwrap()];
        let Some(output) = run("groff", "groff-base", &args) else {
            return;
        };
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
    let help = String::from_utf8(home.output(&["--help"], b"").stdout).unwrap();
    let verbs = help.split("Commands:").nth(1).unwrap();
    let verbs = verbs.lines().skip(1).take_while(|line| !line.is_empty());
    let mut seen = 0;
    for verb in verbs.filter_map(|line| line.split_whitespace().next()) {
        let name = format!("sustained-{verb}.1");
        let has_page = pages.iter().any(|page| page.ends_with(&name));
        assert!(has_page || verb == "help", "{name} is missing");
        seen += 1;
    }
    assert!(seen > 10, "only {seen} verbs were found");
}

#[test]
fn help_ends_with_examples_exit_codes_and_where_more_stands() {
    let help = String::from_utf8(Home::empty().output(&["--help"], b"").stdout).unwrap();
    for part in [
        "\n  manual ",
        "\n  sustained arm --account facebook --for 15m\n",
        "\n  78  The configuration is wrong\n",
        "man sustained.toml",
    ] {
        assert!(help.contains(part), "{part}: {help}");
    }
}

#[test]
fn the_page_of_the_program_tells_what_help_has_no_place_for() {
    let home = Home::empty();
    let path = pages(&home)
        .into_iter()
        .find(|p| p.ends_with("sustained.1"));
    let page = fs::read_to_string(path.unwrap()).unwrap();
    for section in [
        "NAME",
        "SYNOPSIS",
        "OPTIONS",
        "FILES",
        "ENVIRONMENT",
        "EXAMPLES",
    ] {
        assert!(page.contains(&format!(".SH {section}\n")), "{section}");
    }
    let exits = page.split(".SH \"EXIT STATUS\"").nth(1).unwrap();
    assert!(exits.contains(r"\fB78\fR"), "{exits}");
    assert!(exits.contains("The configuration is wrong"), "{exits}");
    let twice = self::pages(&home).len();
    assert!(twice > 10, "pages that are there already are written anew");
}

#[test]
fn a_synopsis_has_what_each_option_takes() {
    let home = Home::empty();
    let pages = pages(&home);
    for (page, part) in [
        ("sustained-read.1", r"\fBsustained read\fR"),
        ("sustained-read.1", r"[\fB\-\-keys\fR \fIFILE\fR]"),
        ("sustained-read.1", r"[\fB\-\-redact\fR]"),
        ("sustained-read.1", r" \fIPATH\fR..."),
        ("sustained-log.1", r"[\fB\-f\fR|\fB\-\-follow\fR]"),
        ("sustained-log.1", r"[\fB\-\-type\fR \fITYPE\fR...]"),
        ("sustained-log.1", r"[\fICOMMAND\fR]"),
        ("sustained.1", r"[\fB\-\-color\fR \fIWHEN\fR]"),
    ] {
        let path = pages.iter().find(|path| path.ends_with(page)).unwrap();
        let text = fs::read_to_string(path).unwrap();
        let (_, rest) = text.split_once(".SH SYNOPSIS\n").unwrap();
        let (synopsis, _) = rest.split_once(".SH ").unwrap();
        assert!(synopsis.contains(part), "{part}: {synopsis}");
    }
}

#[test]
fn the_page_of_the_configuration_has_every_key_with_its_meaning() {
    let home = Home::empty();
    let is_it = |path: &PathBuf| path.ends_with("man5/sustained.toml.5");
    let path = pages(&home).into_iter().find(is_it).unwrap();
    let args = [
        "-k",
        "-man",
        "-Tutf8",
        "-P-cbou",
        "-rLL=400n",
        path.to_str().unwrap(),
    ];
    let Some(output) = run("groff", "groff-base", &args) else {
        return;
    };
    let page = String::from_utf8(output.stdout).unwrap();
    let (keys, example) = page.split_once("\nEXAMPLE\n").unwrap();
    let output = home.output(&["config", "schema"], b"");
    let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut seen = 0;
    for (name, table) in schema["properties"].as_object().unwrap() {
        let title = [format!("\n[{name}]\n"), format!("\n[[{name}]]\n")];
        let chapter = title
            .iter()
            .find_map(|title| keys.split(title.as_str()).nth(1));
        let chapter = chapter.unwrap_or_else(|| panic!("[{name}] is missing"));
        // A chapter ends where the next title begins, at the line's beginning.
        let lines = chapter
            .lines()
            .take_while(|line| line.is_empty() || line.starts_with(' '));
        let lines: Vec<&str> = lines.collect();
        let table = if name == "object" {
            &schema["definitions"]["object"]
        } else {
            table.get("items").unwrap_or(table)
        };
        for key in keys_of(table, "") {
            let head = format!("       {key} (");
            let at = lines.iter().position(|line| line.starts_with(&head));
            let at = at.unwrap_or_else(|| panic!("[{name}] {key} is missing\n{chapter}"));
            assert!(
                lines[at + 1].trim().len() > 3,
                "[{name}] {key} has no meaning"
            );
            seen += 1;
        }
    }
    assert!(seen > 70, "only {seen} keys were found");
    assert!(keys.contains("imap.port (number; default: 993)"), "{keys}");
    let shown = include_str!("../../config.example.toml")
        .lines()
        .filter(|line| !line.is_empty());
    for line in shown.skip(1) {
        assert!(example.contains(line), "{line}");
    }
}

/// The keys of a table in the schema, those of tables in it behind their names.
fn keys_of(table: &Value, before: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for (key, value) in table["properties"].as_object().into_iter().flatten() {
        keys.push(format!("{before}{key}"));
        keys.extend(keys_of(value, &format!("{before}{key}.")));
    }
    keys
}

#[test]
fn shells_understand_their_completions() {
    for (shell, look) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        let home = Home::empty();
        let script = completions(&home, shell);
        if let Some(output) = run(shell, shell, &[look, script.to_str().unwrap()]) {
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell}");
            assert!(output.status.success(), "{shell}");
        }
    }
}

#[test]
fn bash_completes_verbs_and_options() {
    assert_eq!(offered("sustained ar"), ["arm"]);
    assert_eq!(offered("sustained log --fo"), ["--follow"]);
    assert_eq!(offered("sustained log ver"), ["verify"]);
    let all = offered("sustained ");
    assert!(all.contains(&"status".to_owned()), "{all:?}");
    // What is for units alone.
    for hidden in ["submit-via", "submit-here"] {
        assert!(!all.contains(&hidden.to_owned()), "{all:?}");
    }
}

/// Fixed words that are offered: a line so far, words among them, and one that is none of them.
const WORDS: [(&str, &[&str], &str); 6] = [
    (
        "sustained arm --account ",
        &["facebook", "whatsapp"],
        "meta",
    ),
    (
        "sustained log --account ",
        &["instagram", "meta"],
        "myspace",
    ),
    (
        "sustained log --type ",
        &["mail.forged", "mailbox.deaf", "form.sent"],
        "mail.nothing",
    ),
    ("sustained note ", &["filed", "partly_honored"], "submitted"),
    (
        "sustained init --oauth ",
        &["microsoft", "google"],
        "facebook",
    ),
    ("sustained completions ", &["bash", "fish", "zsh"], "sh"),
];

/// What is for the program itself: the beginning of a line, and what must not be offered for it.
const HIDDEN: [(&str, &str); 2] = [
    ("sustained rehearse --", "--step"),
    ("sustained ", "submit-here"),
];

/// What is offered is offered in this shell, and nothing hidden is.
fn check(shell: &str, offered: impl Fn(&str) -> Vec<String>) {
    for (line, words, none) in WORDS {
        let all = offered(line);
        for word in words {
            assert!(
                all.iter().any(|one| one == word),
                "{shell}: {line}{word}: {all:?}"
            );
        }
        assert!(
            !all.iter().any(|one| one == none),
            "{shell}: {line}{none}: {all:?}"
        );
    }
    for (line, hidden) in HIDDEN {
        let all = offered(line);
        assert!(
            !all.is_empty() && !all.iter().any(|one| one == hidden),
            "{shell}: {all:?}"
        );
    }
}

/// Where nothing else fits, names of files are offered.
fn check_files(shell: &str, offered: &[String]) {
    assert!(
        offered.iter().any(|one| one == "mail.eml"),
        "{shell}: {offered:?}"
    );
}

#[test]
fn bash_offers_fixed_words_and_files() {
    check("bash", offered);
    let home = Home::empty();
    let script = completions(&home, "bash");
    // Files are what bash itself offers where the function has nothing.
    assert_eq!(offered("sustained read ma"), [""; 0]);
    assert!(
        fs::read_to_string(script)
            .unwrap()
            .contains("-o default sustained")
    );
}

#[test]
fn fish_offers_fixed_words_and_files() {
    let home = with_a_mail();
    let script = completions(&home, "fish");
    let fish = |line: &str| {
        let ask = format!("source {}; complete -C '{line}'", script.display());
        let mut fish = Command::new("fish");
        fish.args(["--no-config", "-c", &ask])
            .current_dir(home.path())
            .env("HOME", home.path());
        fish.output()
            .ok()
            .map(|output| String::from_utf8(output.stdout).unwrap())
    };
    if fish("sustained ").is_none() {
        return missing("fish", "fish");
    }
    let offered = |line: &str| -> Vec<String> {
        let said = fish(line).unwrap();
        // A description stands behind a tab.
        let words = said.lines().filter_map(|line| line.split('\t').next());
        words.map(str::to_owned).collect()
    };
    check("fish", offered);
    check_files("fish", &offered("sustained read ma"));
}

/// A terminal of zsh's own, in which Tab is pressed behind the line. Nothing is typed before the
/// line editor has said that it is there: what comes earlier is the terminal's own to edit.
const PRESS_TAB: &str = r#"
zmodload zsh/zpty
zpty z zsh -f -i
wait_for() {
    got=
    while [[ $got != *$1* ]]; do zpty -r z line || exit 1; got+=$line; done
}
zpty -w z 'PROMPT=; RPROMPT=; unsetopt prompt_sp; LISTMAX=1000; COLUMNS=200'
zpty -w z "autoload -U compinit; compinit -u -D; source $1"
zpty -w z "zstyle ':completion:*' verbose no; setopt no_auto_menu"
zpty -w z "show() { zle list-choices; zle -R; print; print SH''OWN; zle kill-whole-line; zle -I }"
zpty -w z "zle -N show; bindkey '^I' show"
zpty -w z "ready() { print REA''DY }; zle -N zle-line-init ready"
wait_for READY
for asked in "${@:2}"; do
    zpty -w -n z "$asked"$'\t'
    wait_for SHOWN
    print -rN -- "$got"
done
"#;

#[test]
fn zsh_offers_fixed_words_and_files() {
    let home = with_a_mail();
    let script = completions(&home, "zsh");
    let words = WORDS.map(|(line, _, _)| line);
    let hidden = HIDDEN.map(|(line, _)| line);
    let lines = [words.as_slice(), &hidden, &["sustained read ma"]].concat();
    let mut zsh = Command::new("zsh");
    zsh.args(["-f", "-c", PRESS_TAB, "zsh"]).arg(&script);
    zsh.args(&lines).current_dir(home.path());
    zsh.env("HOME", home.path()).env("TERM", "dumb");
    let Ok(output) = zsh.output() else {
        return missing("zsh", "zsh");
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let answers: Vec<&str> = said.split('\0').collect();
    let offered = |line: &str| -> Vec<String> {
        let at = lines.iter().position(|one| *one == line).unwrap();
        let words = answers[at].split(|c: char| c.is_whitespace() || c.is_control());
        words.map(str::to_owned).collect()
    };
    check("zsh", offered);
    check_files("zsh", &offered("sustained read ma"));
}

/// A home with a file that could be a message.
fn with_a_mail() -> Home {
    let home = Home::empty();
    home.write("mail.eml", "");
    home
}
