//! Whether the evidence that a log names is there, unchanged, and still proves what was decided.
//!
//! It asks nobody: the keys stand in the line. How the words are read may change with the tables;
//! that is told and is no failure.
//!
//! SECURITY: it reads files beside the log that a line names by a digest, and no others.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::exit::Stopped;
use super::super::read::{Settings, settings};
use super::super::{Globals, runtime};
use super::verify::Failure;
use crate::case::{Event, Policy, Reading};
use crate::config;
use crate::dkim::{Delivery, Verifier};
use crate::mail::authenticity::Authenticity;
use crate::mail::{self, Digest};
use crate::record::{self, Entry};

/// No kept file is larger: a message has a mebibyte at the most.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// What of a reading is compared with the line.
const WORDS: [&str; 3] = ["outcome", "doubt", "effective"];

/// What became of the evidence.
#[derive(Debug, Default)]
pub(super) struct Proofs {
    /// How many lines name a message.
    pub(super) checked: usize,
    pub(super) failures: Vec<Failure>,
    pub(super) notes: Vec<String>,
}

/// What proves again.
pub(super) struct Prover {
    settings: Settings,
    runtime: tokio::runtime::Runtime,
    proofs: Proofs,
}

impl Prover {
    pub(super) fn new(globals: &Globals) -> Result<Self, Stopped> {
        Ok(Self {
            settings: settings(globals)?,
            runtime: runtime()?,
            proofs: Proofs::default(),
        })
    }

    pub(super) fn into_proofs(self) -> Proofs {
        self.proofs
    }

    /// Checks what a line names, if it names evidence.
    pub(super) fn check(&mut self, entry: &Entry) {
        // What is no JSON is named as a break of the chain.
        let Ok(line) = serde_json::from_slice::<Value>(&entry.line) else {
            return;
        };
        let failures = match (line.get("evidence"), line.get("screenshot")) {
            (Some(evidence), _) => match named(&line, evidence) {
                Some(message) => self.failures(entry, &line, message),
                None => vec!["its evidence is not named after its message".to_owned()],
            },
            (None, Some(Value::String(picture))) => changed_picture(entry, picture),
            (None, _) => return,
        };
        self.proofs.checked += 1;
        let failures = failures.into_iter().map(|why| Failure {
            file: entry.path.clone(),
            line: entry.number,
            why,
        });
        self.proofs.failures.extend(failures);
    }

    fn failures(&mut self, entry: &Entry, line: &Value, message: Digest) -> Vec<String> {
        let folder = entry.path.with_file_name("evidence");
        let keys = keys_in(line);
        let mut failures = Vec::new();
        failures.extend(differing_keys(
            &folder.join(format!("{message}.toml")),
            &keys,
        ));
        failures.extend(differing_verdict(
            &folder.join(format!("{message}.json")),
            line,
        ));
        let path = folder.join(format!("{message}.eml"));
        match read(&path) {
            Ok(raw) if Digest::of(&raw) == message => {
                failures.extend(self.unproved(entry, line, &raw, keys));
            }
            Ok(_) => failures.push(format!("{} was changed", path.display())),
            Err(error) => failures.push(format!("{}: {error}", path.display())),
        }
        failures
    }

    /// Why the message is not proved any more, if it is not.
    fn unproved(
        &mut self,
        entry: &Entry,
        line: &Value,
        raw: &[u8],
        keys: Vec<(String, String)>,
    ) -> Option<String> {
        let time = |name: &str| line.get(name)?.as_str()?.parse::<Timestamp>().ok();
        let Some(at) = time("taken_at").or_else(|| time("at")) else {
            return Some("it does not say when its message was taken in".to_owned());
        };
        let found = match self.authenticity(raw, keys, at) {
            Ok(found) => found,
            Err(why) => return Some(why),
        };
        let authenticity = line.get("authenticity");
        let said = |name: &str| authenticity.and_then(|said| said.get(name)?.as_str());
        if !found.is_genuine() {
            if said("method") == Some("provider") {
                self.note(entry, "vouched for by the provider: cannot be repeated");
                return None;
            }
            return Some(format!(
                "its message is not proved by its keys: {}",
                found.reason
            ));
        }
        if said("domain") != found.domain.as_deref() || said("result") != Some("genuine") {
            return Some("its message is proved, and not as the line says".to_owned());
        }
        self.read_again(entry, line, raw, &found, time("received_at").unwrap_or(at));
        None
    }

    /// The verdict on the sender by the keys of the line alone.
    fn authenticity(
        &self,
        raw: &[u8],
        keys: Vec<(String, String)>,
        at: Timestamp,
    ) -> Result<Authenticity, String> {
        let with_keys = config::Authenticity {
            pinned_keys: keys,
            ..self.settings.authenticity.clone()
        };
        let verifier = Verifier::offline(&with_keys).map_err(|error| error.to_string())?;
        let delivery = Delivery {
            addresses: &[],
            provider: None,
            at,
        };
        let wordings = &self.settings.wordings;
        let verdict = verifier.verify(raw, |from| wordings.may_sign(from), delivery);
        Ok(self.runtime.block_on(verdict))
    }

    /// Notes where the words are read otherwise today.
    fn read_again(
        &mut self,
        entry: &Entry,
        line: &Value,
        raw: &[u8],
        authenticity: &Authenticity,
        received_at: Timestamp,
    ) {
        let wordings = &self.settings.wordings;
        let mail = mail::read(raw, wordings);
        let finding = mail::classify(&mail, wordings);
        let reading = Reading {
            message: Digest::of(raw),
            received_at,
            mail: &mail,
            finding: &finding,
            authenticity,
        };
        let event = Event::of(&reading, received_at, &Policy::of_nobody());
        let today = event.map(|event| {
            let detail = serde_json::to_value(&event).unwrap_or_default();
            words_of(record::type_name(&event), &detail)
        });
        let today = today.unwrap_or_else(|| "other mail".to_owned());
        let then = words_of(
            line.get("type").and_then(Value::as_str).unwrap_or("-"),
            line,
        );
        if today != then {
            self.note(
                entry,
                &format!("this release reads it as {today}, not as {then}"),
            );
        }
    }

    fn note(&mut self, entry: &Entry, what: &str) {
        let (path, number) = (entry.path.display(), entry.number);
        self.proofs
            .notes
            .push(format!("{path}, line {number}: {what}"));
    }
}

/// The message that a line names as its evidence, if it names it as it should.
fn named(line: &Value, evidence: &Value) -> Option<Digest> {
    let message = Digest::from_hex(line.get("message")?.as_str()?)?;
    (*evidence == format!("evidence/{message}.eml")).then_some(message)
}

/// Whether the picture that a line names is there, and as it was taken.
fn changed_picture(entry: &Entry, picture: &str) -> Vec<String> {
    let name = picture.strip_prefix("evidence/");
    let Some(digest) = name.and_then(|name| Digest::from_hex(name.strip_suffix(".png")?)) else {
        return vec!["its picture is not named after its bytes".to_owned()];
    };
    let path = entry
        .path
        .with_file_name("evidence")
        .join(format!("{digest}.png"));
    match read(&path) {
        Ok(png) if Digest::of(&png) == digest => vec![],
        Ok(_) => vec![format!("{} was changed", path.display())],
        Err(error) => vec![format!("{}: {error}", path.display())],
    }
}

/// The keys in a line, by name.
fn keys_in(line: &Value) -> Vec<(String, String)> {
    let keys = line.get("keys").and_then(Value::as_object);
    let text = |record: &Value| record.as_str().unwrap_or_default().to_owned();
    keys.into_iter()
        .flatten()
        .map(|(name, record)| (name.clone(), text(record)))
        .collect()
}

/// Why the file of keys is not what the line says, if it is not.
fn differing_keys(path: &Path, keys: &[(String, String)]) -> Option<String> {
    if keys.is_empty() {
        return None;
    }
    match config::keys(path) {
        Ok(mut found) => {
            found.sort();
            (found != keys).then(|| format!("{} holds other keys than the line", path.display()))
        }
        Err(error) => Some(error.to_string()),
    }
}

/// Why the file of the verdict is not what the line says, if it is not.
fn differing_verdict(path: &Path, line: &Value) -> Option<String> {
    let verdict = match read(path) {
        Ok(text) => serde_json::from_slice::<Map<String, Value>>(&text).ok(),
        Err(error) => return Some(format!("{}: {error}", path.display())),
    };
    (verdict != Some(record::verdict_of(line)))
        .then(|| format!("{} holds another verdict than the line", path.display()))
}

/// A reading in one phrase.
fn words_of(kind: &str, facts: &Value) -> String {
    let facts = WORDS.iter().filter_map(|name| facts.get(name)?.as_str());
    [kind]
        .into_iter()
        .chain(facts)
        .collect::<Vec<_>>()
        .join(" ")
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // What is longer than any kept file is no kept file: its digest will not fit.
    File::open(path)?.take(MAX_FILE).read_to_end(&mut bytes)?;
    Ok(bytes)
}
