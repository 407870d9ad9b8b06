//! Every message of `tests/corpus` is read, and is what the file beside it says.
//!
//! `NAME.eml` is a message, `NAME.toml` the finding expected: to add a case, add two files. With
//! `UPDATE=1` the second is written instead of compared; its leading comment stays.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sustained::mail::{self, Finding, Product, Verdict, Wordings};

/// What a message is expected to be.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expected {
    kind: String,
    doubt: Option<String>,
    outcome: Option<String>,
    code: Option<String>,
    product: Option<String>,
    language: Option<String>,
    effective_date: Option<String>,
    links: Vec<String>,
}

impl Expected {
    fn of(finding: &Finding) -> Self {
        let (kind, outcome) = match &finding.verdict {
            Verdict::Irrelevant => ("other", None),
            Verdict::Notification => ("notification", None),
            Verdict::ConfirmationCode(_) => ("code", None),
            Verdict::Decision(outcome) => ("decision", Some(outcome.name())),
            Verdict::Unclear(_) => ("unclear", Some("unclear")),
        };
        let code = match &finding.verdict {
            Verdict::ConfirmationCode(code) => Some(code.reveal().to_owned()),
            _ => None,
        };
        let doubt = match &finding.verdict {
            Verdict::Unclear(doubt) => serde_json::to_value(doubt)
                .unwrap()
                .as_str()
                .map(str::to_owned),
            _ => None,
        };
        Self {
            kind: kind.to_owned(),
            doubt,
            outcome: outcome.map(str::to_owned),
            code,
            product: finding.product.map(Product::name).map(str::to_owned),
            language: finding.language.clone(),
            effective_date: finding.effective_date.map(|date| date.to_string()),
            links: finding.links.clone(),
        }
    }

    fn to_toml(&self) -> String {
        let mut text = String::new();
        let fields = [
            ("kind", Some(&self.kind)),
            ("doubt", self.doubt.as_ref()),
            ("outcome", self.outcome.as_ref()),
            ("code", self.code.as_ref()),
            ("product", self.product.as_ref()),
            ("language", self.language.as_ref()),
            ("effective_date", self.effective_date.as_ref()),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                writeln!(text, "{name} = \"{value}\"").unwrap();
            }
        }
        if !self.links.is_empty() {
            text.push_str("links = [\n");
            for link in &self.links {
                writeln!(text, "  \"{link}\",").unwrap();
            }
            text.push_str("]\n");
        }
        text
    }
}

/// The messages, by name.
pub fn messages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let is = |path: &PathBuf, kind: &str| path.extension().is_some_and(|found| found == kind);
    for path in paths.iter().filter(|path| is(path, "toml")) {
        let message = path.with_extension("eml");
        assert!(message.exists(), "{} has no message", path.display());
    }
    paths.retain(|path| is(path, "eml"));
    assert!(
        paths.len() >= 40,
        "only {} messages were found",
        paths.len()
    );
    paths
}

/// Numbers that look random and are the same every time (Knuth's MMIX constants).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

#[test]
fn every_message_is_what_the_file_beside_it_says() {
    let update = std::env::var_os("UPDATE").is_some();
    let wordings = Wordings::built_in();
    let mut wrong = String::new();
    for path in messages() {
        let raw = fs::read(&path).unwrap();
        let finding = mail::classify(&mail::read(&raw, &wordings), &wordings);
        assert!(!finding.because.is_empty(), "{}", path.display());
        let found = Expected::of(&finding);
        let beside = path.with_extension("toml");
        let text = fs::read_to_string(&beside).unwrap_or_default();
        if update {
            let comment: String = text
                .split_inclusive('\n')
                .take_while(|l| l.starts_with('#'))
                .collect();
            fs::write(&beside, comment + &found.to_toml()).unwrap();
            continue;
        }
        assert!(
            !text.is_empty(),
            "{} is missing: UPDATE=1 writes it",
            beside.display()
        );
        let expected: Expected = toml::from_str(&text).unwrap();
        if found != expected {
            let name = path.file_stem().unwrap().display();
            let why = &finding.because;
            writeln!(
                wrong,
                "{name}:\n  expected {expected:?}\n  found    {found:?}\n  why {why:?}"
            )
            .unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn no_reason_repeats_what_a_message_says() {
    let wordings = Wordings::built_in();
    for path in messages() {
        let mail = mail::read(&fs::read(&path).unwrap(), &wordings);
        let finding = mail::classify(&mail, &wordings);
        let logged = format!("{:?} {:?} {mail:?}", finding.because, finding.verdict);
        for secret in ["482913", "719305", "Martin", "example"] {
            assert!(!logged.contains(secret), "{}: {logged}", path.display());
        }
    }
}

#[test]
fn damaged_messages_are_read_all_the_same() {
    let wordings = Wordings::built_in();
    let mut numbers = Numbers(20_240_626);
    for path in messages() {
        let whole = fs::read(&path).unwrap();
        for round in 0..24 {
            let mut raw = whole.clone();
            if round % 3 != 1 {
                raw.truncate(numbers.below(whole.len() + 1));
            }
            if round % 3 != 0 && !raw.is_empty() {
                for _ in 0..=numbers.below(8) {
                    let at = numbers.below(raw.len());
                    raw[at] = u8::try_from(numbers.below(256)).unwrap();
                }
            }
            let finding = mail::classify(&mail::read(&raw, &wordings), &wordings);
            assert!(!finding.because.is_empty(), "{}", path.display());
            let _ = mail::envelope::claims_to_be_meta(&raw);
        }
    }
}
