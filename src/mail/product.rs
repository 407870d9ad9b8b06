//! Which product a mail is about, and which it calls by name.
//!
//! The two differ: where a mail comes from says what it is about, and nothing of what it covers.

use super::link::Links;
use super::mime::Mail;
use super::spoken::Spoken;
use super::{Product, Wordings};

/// The one product that a text calls by its name. An address such as `facebook.com/privacy` names
/// none.
pub(super) fn only_named(text: &str) -> Option<Product> {
    let text = text.to_lowercase();
    let words = || text.split_whitespace();
    let bare = |word: &str| -> String {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.strip_suffix("'s").unwrap_or(word).to_owned()
    };
    only(|product| words().any(|word| bare(word) == product.name()))
}

/// The one product for which something holds.
fn only(holds: impl Fn(Product) -> bool) -> Option<Product> {
    let products = [
        Product::Facebook,
        Product::Instagram,
        Product::Threads,
        Product::Whatsapp,
    ];
    let mut found = products.into_iter().filter(|product| holds(*product));
    found.next().filter(|_| found.next().is_none())
}

/// The product a mail is about: what it says of itself, else where it comes from.
pub(super) fn about(
    mail: &Mail,
    links: &Links,
    spoken: &Spoken<'_>,
    wordings: &Wordings,
) -> Option<Product> {
    let named = |text: &str| {
        let text = text.to_lowercase();
        only(|product| text.contains(product.name()))
    };
    let by_form = match links.form_products.as_slice() {
        [one] => Some(*one),
        _ => None,
    };
    let domain = mail.from.rsplit('@').next().unwrap_or_default();
    let by_domain = wordings.sender(domain).and_then(|sender| sender.product);
    let says_meta = || spoken.speech.text.contains(" meta ");
    named(&mail.subject)
        .or(by_form)
        .or_else(|| named(&mail.from_name))
        .or(by_domain)
        .or_else(|| says_meta().then_some(Product::Meta))
}

#[cfg(test)]
mod tests {
    use super::{Product, only_named};

    #[test]
    fn a_product_is_named_by_its_name_alone() {
        for (text, named) in [
            ("for your Instagram account.", Some(Product::Instagram)),
            ("(Instagram)", Some(Product::Instagram)),
            ("Instagram's settings", Some(Product::Instagram)),
            ("on Facebook and Instagram", None),
            ("see facebook.com/privacy/genai", None),
            ("your objection", None),
            (
                "see facebook.com/privacy for Threads",
                Some(Product::Threads),
            ),
        ] {
            assert_eq!(only_named(text), named, "{text}");
        }
    }
}
