//! `[object]` and a mailbox's own `object` -> what is filled into Meta's forms, and which forms.
//!
//! It opens no page. SECURITY: a code goes to the address in the form, so that is one of the
//! mailbox's; a form is opened over TLS, or on this machine.

use std::collections::BTreeMap;

use toml::Spanned;

use super::file::{Key, ObjectTable};
use super::mailbox::PRODUCTS;
use super::meaning::{none_of, noted};
use super::problem::Problems;
use super::words;
use crate::mail::Product;

/// No field of a form that was seen takes more, in characters.
const MAX_TEXT: usize = 5000;

/// What is filled into Meta's forms; what is missing is left as the form has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Object {
    /// The form of each product: a recipe's name, or an address.
    pub forms: BTreeMap<Product, String>,
    /// The country of residence, as the form offers it.
    pub country: Option<String>,
    /// Which of the mailbox's addresses the code is sent to; its first one if this is missing.
    pub email: Option<String>,
    /// How the processing impacts the person.
    pub impact: Option<String>,
    /// Further information.
    pub further: Option<String>,
    /// The person's name.
    pub name: Option<String>,
    /// The person's postal address.
    pub address: Option<String>,
    /// The person's telephone number.
    pub phone: Option<String>,
}

impl Object {
    /// Takes from `general` what this one does not say.
    pub(super) fn complete_with(&mut self, general: &Self) {
        let complete = |own: &mut Option<String>, general: &Option<String>| {
            if own.is_none() {
                own.clone_from(general);
            }
        };
        for (product, form) in &general.forms {
            self.forms.entry(*product).or_insert_with(|| form.clone());
        }
        complete(&mut self.country, &general.country);
        complete(&mut self.impact, &general.impact);
        complete(&mut self.further, &general.further);
        complete(&mut self.name, &general.name);
        complete(&mut self.address, &general.address);
        complete(&mut self.phone, &general.phone);
    }
}

/// `[object]`: for all mailboxes that do not say otherwise.
pub(super) fn general(table: ObjectTable, problems: &mut Problems<'_>) -> Object {
    if let Some(email) = &table.email {
        let what = "`email` belongs to one mailbox: write object = { email = \"…\" } there, or \
                    remove it, and the mailbox's `address` is filled in";
        problems.add(email.span(), what);
    }
    of(table, None, problems)
}

/// A mailbox's own `object`.
pub(super) fn of(
    table: ObjectTable,
    addresses: Option<&[String]>,
    problems: &mut Problems<'_>,
) -> Object {
    let email = table.email.zip(addresses).and_then(|(email, known)| {
        let found = words::address(email.get_ref()).and_then(|address| {
            if known.contains(&address) {
                return Ok(address);
            }
            Err(
                "the code is sent to this address: write one of the mailbox's `address`, or add \
                 it there"
                    .to_owned(),
            )
        });
        noted(found, email.span(), problems)
    });
    Object {
        forms: forms(table.forms, problems),
        email,
        country: text(table.country, problems),
        impact: text(table.impact, problems),
        further: text(table.further, problems),
        name: text(table.name, problems),
        address: text(table.address, problems),
        phone: text(table.phone, problems),
    }
}

/// `forms = { facebook = "…" }`
fn forms(
    table: BTreeMap<Spanned<String>, Spanned<String>>,
    problems: &mut Problems<'_>,
) -> BTreeMap<Product, String> {
    let mut forms = BTreeMap::new();
    for (account, written) in table {
        let product = PRODUCTS.into_iter().find(|p| p.name() == account.get_ref());
        let Some(product) = product else {
            let what = none_of(account.get_ref(), &PRODUCTS.map(Product::name));
            problems.add(account.span(), what);
            continue;
        };
        let found = form(written.get_ref()).map(str::to_owned);
        if let Some(form) = noted(found.map_err(str::to_owned), written.span(), problems) {
            forms.insert(product, form);
        }
    }
    forms
}

/// A recipe's name, or the address of a form.
///
/// # Errors
/// Why it is neither, as a sentence.
pub fn form(written: &str) -> Result<&str, &'static str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_safe = written.starts_with("https://")
        || written.starts_with("http://127.0.0.1:")
        || written.starts_with("http://127.0.0.1/");
    let is_plain = written.chars().all(|c| c.is_ascii_graphic());
    if is_plain && (is_safe || (!written.is_empty() && written.chars().all(is_name))) {
        return Ok(written);
    }
    Err("a form is the name of a recipe, such as facebook-2025, or an address with https://")
}

fn text(written: Key<String>, problems: &mut Problems<'_>) -> Option<String> {
    let written = written?;
    let text = written.get_ref().trim();
    let is_odd = |c: char| c.is_control() && !c.is_whitespace();
    let found = if text.is_empty() {
        Err("there is nothing in it; remove the key".to_owned())
    } else if text.chars().count() > MAX_TEXT || text.contains(is_odd) {
        Err(format!(
            "no form takes this: at most {MAX_TEXT} characters, and no control characters"
        ))
    } else {
        Ok(text.to_owned())
    };
    noted(found, written.span(), problems)
}
