//! `sustained read`: says what messages are, and why, without a mailbox or a daemon.
//!
//! Or, with `--redact`, a copy of one message that is fit for a bug report. SECURITY: everything
//! in messages is hostile; only words of our own tables, escaped names and proved domains are
//! printed. A code is printed because the person asks what their own message says; Meta's log-in
//! and recovery codes are not recognised as codes and never printed.

mod messages;
mod redact;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::exit::{Exit, Stopped};
use super::print::{self, Bar, Form, Screen, Text, Tone};
use super::{Globals, runtime};
use crate::config;
use crate::dkim::{Delivery, Verifier};
use crate::mail::authenticity::{Authenticity, Proof};
use crate::mail::{self, Finding, Mail, Pretender, Verdict, Wordings, plain, plain_sentence};
use crate::outlet::alert::words::excerpt;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Message files, mbox files or Maildirs; `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Report one-time codes of any sender, for measuring and for bug reports
    #[arg(long)]
    any_sender: bool,
    /// Key records that win over DNS: a file such as evidence/….toml, with
    /// `[authenticity.pinned_keys]`
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Print a copy of one message without names, addresses, codes and ids, for a bug report
    #[arg(long)]
    redact: bool,
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
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pretenders: &'a [Pretender],
    authenticity: &'a Authenticity,
    why: Vec<String>,
}

/// What reads: the tables, the verifier, and how it answers.
struct Reader {
    verifier: Verifier,
    settings: Settings,
    any_sender: bool,
    form: Form,
    screen: Screen,
    runtime: tokio::runtime::Runtime,
}

pub(super) fn read(globals: &Globals, arguments: &Arguments) -> Result<Exit, Stopped> {
    let mut settings = settings(globals)?;
    if let Some(path) = &arguments.keys {
        let keys = config::keys(path).map_err(|error| super::bad_config(&error))?;
        settings.authenticity.pinned_keys.extend(keys);
    }
    if arguments.redact {
        return redact::redact(globals.form(), &arguments.paths, &settings.wordings);
    }
    let verifier = Verifier::new(&settings.authenticity);
    let reader = Reader {
        verifier: verifier.map_err(|e| Stopped::new(Exit::BadConfig, e))?,
        settings,
        any_sender: arguments.any_sender,
        form: globals.form(),
        screen: globals.screen(),
        runtime: runtime()?,
    };
    let mut bar = Bar::new();
    let ended = read_all(&reader, &arguments.paths, &mut bar);
    bar.clear();
    Ok(ended)
}

/// Reads what can be read, and says what cannot.
fn read_all(reader: &Reader, paths: &[PathBuf], bar: &mut Bar) -> Exit {
    let mut exit = Exit::Done;
    let mut count: u32 = 0;
    bar.expect(messages::bytes(paths));
    for path in paths {
        let input = bar.clone();
        let answered = messages::each(path, &input, &mut |name, raw, truncated| {
            count += 1;
            bar.say(|took| {
                let messages = print::grouped(count.into());
                format!(
                    "{messages} messages, {:.0}/s",
                    f64::from(count) / took.as_secs_f64()
                )
            });
            reader.answer(name, raw, truncated, bar)
        });
        if let Err(stopped) = answered {
            if stopped.exit == Exit::Done {
                return Exit::Done;
            }
            bar.aside(|| print::talk(&format!("sustained: {}", stopped.why)));
            exit = stopped.exit;
        }
    }
    exit
}

/// What messages are read and judged by.
pub(super) struct Settings {
    pub authenticity: config::Authenticity,
    pub wordings: Arc<Wordings>,
    /// The addresses of all mailboxes: which of them a file is from is not known.
    addresses: Vec<String>,
    /// The receiving server's name, if it is the same for all mailboxes.
    provider: Option<String>,
}

/// The configuration's word; without one, the system's resolver, the built-in wordings, and
/// messages to whomever.
pub(super) fn settings(globals: &Globals) -> Result<Settings, Stopped> {
    if globals.config_path().is_err() {
        return Ok(Settings {
            authenticity: config::Authenticity {
                resolver: config::Resolver::System,
                pinned_keys: vec![],
                forwarders: vec![],
            },
            wordings: Wordings::built_in(),
            addresses: vec![],
            provider: None,
        });
    }
    let config = globals.load()?;
    let mut providers = config.mailboxes.iter().map(|mailbox| &mailbox.provider);
    let provider = providers.next().and_then(Clone::clone);
    Ok(Settings {
        provider: provider.filter(|one| providers.all(|other| other.as_ref() == Some(one))),
        addresses: config
            .mailboxes
            .iter()
            .flat_map(|mailbox| mailbox.addresses.clone())
            .collect(),
        authenticity: config.authenticity,
        wordings: config.wordings,
    })
}

impl Reader {
    fn answer(&self, name: &str, raw: &[u8], truncated: bool, bar: &Bar) -> Result<(), Stopped> {
        let wordings = &self.settings.wordings;
        let mail = if truncated {
            mail::read_truncated(raw, wordings)
        } else {
            mail::read(raw, wordings)
        };
        let finding = if self.any_sender {
            mail::classify_any_sender(&mail, wordings)
        } else {
            mail::classify(&mail, wordings)
        };
        let authenticity = if truncated {
            Authenticity::of_truncated()
        } else if !mail.claims_meta {
            Authenticity::unproven(None, "it does not claim to be from Meta")
        } else {
            let delivery = Delivery {
                addresses: &self.settings.addresses,
                provider: self.settings.provider.as_deref(),
                at: Timestamp::now(),
            };
            let verdict = self
                .verifier
                .verify(raw, |from| wordings.may_sign(from), delivery);
            self.runtime.block_on(verdict)
        };
        let answer = answer(name, &finding, &authenticity);
        bar.beside(|| match self.form {
            Form::Json => print::object(&answer),
            Form::Text => show(self.screen, &answer, &mail),
        })
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
        pretenders: &finding.pretenders,
        authenticity,
        why: finding
            .because
            .iter()
            .map(|why| format!("{}: {}", why.rule, why.words))
            .collect(),
    }
}

fn show(screen: Screen, answer: &Answer<'_>, mail: &Mail) -> Result<(), Stopped> {
    let (tone, sender) = match answer.authenticity.result {
        Proof::Genuine => (Tone::Good, "genuine"),
        Proof::Forged => (Tone::Bad, "FORGED"),
        Proof::Unproven if answer.kind == "other" => (Tone::Dim, "unproven"),
        Proof::Unproven => (Tone::Ask, "unproven"),
    };
    let head = Text::new().plain(&format!("{}: ", answer.file));
    let head = head.with(Tone::Strong, answer.kind).plain(" ");
    print::paragraph(screen, &head.with(tone, &format!("({sender})")), 4)?;
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
    let pretenders = answer.pretenders.iter();
    facts.extend(pretenders.map(|one| ("warning", plain_sentence(&one.to_string()))));
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
        let name = format!("    {name:<13} ");
        print::paragraph(screen, &Text::new().with(Tone::Dim, &name).plain(&fact), 18)?;
    }
    Ok(())
}
