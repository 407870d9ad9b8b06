//! `sustained read`: says what messages are, and why, without a mailbox or a daemon.
//!
//! It takes files, mbox files, Maildirs and standard input. SECURITY: everything in them is
//! hostile; only words of our own tables, escaped names and proved domains are printed. A code is
//! printed because the person asks what their own message says; Meta's log-in and recovery codes
//! are not recognised as codes and never printed.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use super::exit::{Exit, Stopped};
use super::print::{self, Form};
use super::{Globals, runtime};
use crate::config;
use crate::dkim::Verifier;
use crate::mail::authenticity::{Authenticity, Proof};
use crate::mail::{self, Finding, Mail, Verdict, Wordings, plain, plain_sentence};
use crate::outlet::alert::words::excerpt;
use crate::source::LARGEST_MESSAGE;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Message files, mbox files or Maildirs; `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Report one-time codes of any sender, for measuring and for bug reports
    #[arg(long)]
    any_sender: bool,
}

/// One line of the answer: the contract's object.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    file: &'a str,
    kind: &'static str,
    outcome: Option<&'static str>,
    code: Option<&'a str>,
    product: Option<&'static str>,
    language: Option<&'a str>,
    effective_date: Option<jiff::civil::Date>,
    links: &'a [String],
    authenticity: &'a Authenticity,
    why: Vec<String>,
}

/// What reads: the tables, the verifier, and how it answers.
struct Reader {
    verifier: Verifier,
    wordings: Arc<Wordings>,
    any_sender: bool,
    form: Form,
    runtime: tokio::runtime::Runtime,
}

pub(super) fn read(globals: &Globals, arguments: &Arguments) -> Result<Exit, Stopped> {
    let (settings, wordings) = settings(globals)?;
    let reader = Reader {
        verifier: Verifier::new(&settings).map_err(|e| Stopped::new(Exit::BadConfig, e))?,
        wordings,
        any_sender: arguments.any_sender,
        form: globals.form(),
        runtime: runtime()?,
    };
    let mut exit = Exit::Done;
    for path in &arguments.paths {
        if let Err(stopped) = reader.read_path(path) {
            if stopped.exit == Exit::Done {
                return Ok(Exit::Done);
            }
            print::talk(&format!("sustained: {}", stopped.why));
            exit = stopped.exit;
        }
    }
    Ok(exit)
}

/// The configuration's word on resolver, pinned keys and wordings; without one, the system's
/// resolver and the built-in wordings.
fn settings(globals: &Globals) -> Result<(config::Authenticity, Arc<Wordings>), Stopped> {
    if globals.config_path().is_ok() {
        let config = globals.load()?;
        return Ok((config.authenticity, config.wordings));
    }
    let authenticity = config::Authenticity {
        resolver: config::Resolver::System,
        pinned_keys: vec![],
    };
    Ok((authenticity, Wordings::built_in()))
}

impl Reader {
    fn read_path(&self, path: &Path) -> Result<(), Stopped> {
        let name = plain(&path.to_string_lossy());
        let unreadable = |error: io::Error| {
            let exit = match error.kind() {
                io::ErrorKind::PermissionDenied => Exit::NotPermitted,
                _ => Exit::Unavailable,
            };
            Stopped::new(exit, format!("{name}: {error}"))
        };
        if path == Path::new("-") {
            return self
                .read_stream(io::stdin().lock(), &name)
                .map_err(|e| e.or(unreadable));
        }
        if !path.is_dir() {
            let file = File::open(path).map_err(unreadable)?;
            return self
                .read_stream(BufReader::new(file), &name)
                .map_err(|e| e.or(unreadable));
        }
        let mut files = Vec::new();
        for place in ["new", "cur"] {
            for entry in fs::read_dir(path.join(place)).map_err(|_| {
                let why = format!("{name}: a folder without new/ and cur/ is no Maildir");
                Stopped::new(Exit::BadData, why)
            })? {
                files.push(entry.map_err(unreadable)?.path());
            }
        }
        files.sort();
        for file in files {
            let name = plain(&file.to_string_lossy());
            let opened = File::open(&file).map_err(unreadable)?;
            let (raw, truncated) = bounded(opened).map_err(unreadable)?;
            self.answer(&name, &raw, truncated)?;
        }
        Ok(())
    }

    /// A message, or an mbox: a stream whose first line begins with `From `.
    fn read_stream(&self, mut stream: impl BufRead, name: &str) -> Result<(), Trouble> {
        if !stream.fill_buf()?.starts_with(b"From ") {
            let (raw, truncated) = bounded(stream)?;
            return Ok(self.answer(name, &raw, truncated)?);
        }
        let mut messages = Mbox {
            stream,
            at_line: Vec::new(),
            begun: false,
        };
        let mut number = 0;
        while let Some((raw, truncated)) = messages.next_message()? {
            number += 1;
            self.answer(&format!("{name}#{number}"), &raw, truncated)?;
        }
        Ok(())
    }

    fn answer(&self, name: &str, raw: &[u8], truncated: bool) -> Result<(), Stopped> {
        let mail = if truncated {
            mail::read_truncated(raw, &self.wordings)
        } else {
            mail::read(raw, &self.wordings)
        };
        let finding = if self.any_sender {
            mail::classify_any_sender(&mail, &self.wordings)
        } else {
            mail::classify(&mail, &self.wordings)
        };
        let authenticity = if truncated {
            Authenticity::of_truncated()
        } else if !mail.claims_meta {
            Authenticity::unproven(None, "it does not claim to be from Meta")
        } else {
            let allowed = |from: &str| {
                self.wordings
                    .sender(from)
                    .map(|sender| sender.may_sign.clone())
            };
            self.runtime.block_on(self.verifier.verify(raw, allowed))
        };
        let answer = answer(name, &finding, &authenticity);
        match self.form {
            Form::Json => print::object(&answer),
            Form::Text => show(&answer, &mail),
        }
    }
}

fn answer<'a>(name: &'a str, finding: &'a Finding, authenticity: &'a Authenticity) -> Answer<'a> {
    let (kind, outcome, code) = match &finding.verdict {
        Verdict::Irrelevant => ("other", None, None),
        Verdict::Notification => ("notification", None, None),
        Verdict::ConfirmationCode(code) => ("code", None, Some(code.reveal())),
        Verdict::Decision(outcome) => ("decision", Some(outcome.name()), None),
        Verdict::Unclear(_) => ("unclear", Some("unclear"), None),
    };
    Answer {
        file: name,
        kind,
        outcome,
        code,
        product: finding.product.map(mail::Product::name),
        language: finding.language.as_deref(),
        effective_date: finding.effective_date,
        links: &finding.links,
        authenticity,
        why: finding
            .because
            .iter()
            .map(|why| format!("{}: {}", why.rule, why.words))
            .collect(),
    }
}

fn show(answer: &Answer<'_>, mail: &Mail) -> Result<(), Stopped> {
    let sender = match answer.authenticity.result {
        Proof::Genuine => "genuine",
        Proof::Forged => "FORGED",
        Proof::Unproven => "unproven",
    };
    print::line(&format!("{}: {} ({sender})", answer.file, answer.kind))?;
    let mut facts = vec![("sender", plain_sentence(&answer.authenticity.reason))];
    facts.extend(
        answer
            .outcome
            .map(|outcome| ("outcome", outcome.to_owned())),
    );
    facts.extend(answer.code.map(|code| ("code", code.to_owned())));
    facts.extend(
        answer
            .product
            .map(|product| ("product", product.to_owned())),
    );
    facts.extend(
        answer
            .effective_date
            .map(|date| ("takes effect", date.to_string())),
    );
    facts.extend(answer.links.iter().map(|link| ("link", plain(link))));
    facts.extend(
        answer
            .why
            .iter()
            .map(|why| ("because", plain_sentence(why))),
    );
    if answer.kind == "unclear" {
        // Only a person can read it; the digits of a log-in code are nobody's business.
        facts.extend(
            excerpt(&mail.text)
                .into_iter()
                .map(|line| ("it says", line)),
        );
    }
    for (name, fact) in facts {
        print::line(&format!("    {name:<13} {fact}"))?;
    }
    Ok(())
}

/// Reads a message up to the bound; says whether there was more.
fn bounded(stream: impl Read) -> io::Result<(Vec<u8>, bool)> {
    let mut raw = Vec::new();
    stream.take(LARGEST_MESSAGE + 1).read_to_end(&mut raw)?;
    let truncated = raw.len() as u64 > LARGEST_MESSAGE;
    raw.truncate(usize::try_from(LARGEST_MESSAGE).unwrap_or(usize::MAX));
    Ok((raw, truncated))
}

/// Messages of an mbox file (RFC 4155, appendix A), one after the other.
struct Mbox<R> {
    stream: R,
    /// The line that was read last.
    at_line: Vec<u8>,
    begun: bool,
}

impl<R: BufRead> Mbox<R> {
    fn next_message(&mut self) -> io::Result<Option<(Vec<u8>, bool)>> {
        if !self.begun {
            self.begun = true;
            self.next_line()?;
        }
        if self.at_line.is_empty() {
            return Ok(None);
        }
        let mut raw = Vec::new();
        let mut truncated = false;
        let mut blank = false;
        while self.next_line()? && !(blank && self.at_line.starts_with(b"From ")) {
            blank = matches!(self.at_line.as_slice(), b"\n" | b"\r\n");
            // Writers of mbox put `>` before body lines that begin with `From `.
            let quoted = self
                .at_line
                .iter()
                .skip_while(|b| **b == b'>')
                .take(5)
                .eq(b"From ");
            let line = if quoted { self.at_line.get(1..) } else { None };
            let line = line.unwrap_or(&self.at_line);
            if raw.len() as u64 + line.len() as u64 > LARGEST_MESSAGE {
                truncated = true;
            } else {
                raw.extend_from_slice(line);
            }
        }
        Ok(Some((raw, truncated)))
    }

    /// Whether there was another line. A line longer than the bound is read in pieces.
    fn next_line(&mut self) -> io::Result<bool> {
        self.at_line.clear();
        let mut line = self.stream.by_ref().take(LARGEST_MESSAGE);
        Ok(line.read_until(b'\n', &mut self.at_line)? > 0)
    }
}

/// What can stop reading a stream.
enum Trouble {
    Io(io::Error),
    Stopped(Stopped),
}

impl Trouble {
    fn or(self, unreadable: impl Fn(io::Error) -> Stopped) -> Stopped {
        match self {
            Self::Io(error) => unreadable(error),
            Self::Stopped(stopped) => stopped,
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Stopped> for Trouble {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}
