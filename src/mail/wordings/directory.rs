//! Who Meta's senders are, and which pages are Meta's.
//!
//! It knows names and where they were seen. Whether a message really comes from a sender is
//! `claim`'s question, and which link of a message counts is `link`'s.

use serde::Deserialize;

use super::super::Product;
use super::{Fault, parse};

/// A domain that Meta writes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// The domain of the From address, lower case.
    pub domain: String,
    /// The `d=` values that may sign for it; never empty.
    pub may_sign: Vec<String>,
    /// The product it writes about, where that is one.
    pub product: Option<Product>,
    /// Where it was seen.
    pub source: String,
    /// No raw message of it is known: Meta or others only name it.
    #[serde(default)]
    pub unsourced: bool,
}

/// The pages a mail of Meta's may lead to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// The hosts.
    pub host: Vec<Host>,
    /// The objection forms that are known.
    pub form: Vec<Form>,
}

/// A host of Meta's.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Its name, lower case.
    pub name: String,
    /// Names below it are Meta's too.
    #[serde(default)]
    pub and_below: bool,
    /// The product its forms are about.
    pub product: Option<Product>,
    source: String,
}

/// An objection form.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// The number in its address.
    pub id: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SendersFile {
    sender: Vec<Sender>,
}

/// Reads and checks a table of senders.
pub(super) fn senders(file: &str, text: &str) -> Result<Vec<Sender>, Fault> {
    let senders = parse::<SendersFile>(file, text)?.sender;
    for sender in &senders {
        let names = sender.may_sign.iter().chain([&sender.domain]);
        let is_plain = |name: &String| !name.is_empty() && *name == name.to_ascii_lowercase();
        let is_complete = !sender.may_sign.is_empty() && !sender.source.is_empty();
        if !is_complete || !names.clone().all(is_plain) {
            return Err(Fault::new(
                file,
                None,
                format!(
                    "`{}` needs signers and a source, and names in lower case",
                    sender.domain
                ),
            ));
        }
    }
    Ok(senders)
}

/// Reads and checks a table of pages.
pub(super) fn pages(file: &str, text: &str) -> Result<Pages, Fault> {
    let pages: Pages = parse(file, text)?;
    let hosts = pages.host.iter().map(|host| (&host.name, &host.source));
    let forms = pages.form.iter().map(|form| (&form.id, &form.source));
    match hosts.chain(forms).find(|(_, source)| source.is_empty()) {
        Some((name, _)) => Err(Fault::new(file, None, format!("`{name}` needs a source"))),
        None => Ok(pages),
    }
}
