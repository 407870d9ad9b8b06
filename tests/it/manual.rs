//! The pages for man and the completions for shells: they are there, whole, and understood.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::support::missing;
use crate::support::process::Home;

/// The pages, written by the program.
fn pages(home: &Home) -> Vec<PathBuf> {
    let folder = home.path().join("man1");
    let output = home.output(&["manual", folder.to_str().unwrap()], b"");
    assert!(output.status.success(), "{output:?}");
    let entries = fs::read_dir(folder).unwrap();
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
    let home = Home::empty();
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
    // What is for units and packages alone.
    for hidden in ["submit-via", "submit-here", "manual"] {
        assert!(!all.contains(&hidden.to_owned()), "{all:?}");
    }
}
