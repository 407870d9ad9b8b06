//! Links to Meta's own pages, objection forms first.
//!
//! A link is taken only if it is plain: `https`, one of the listed hosts to the letter, no
//! credentials, no port, no redirector. It fetches nothing and follows nothing; where a redirector
//! leads is not known here.

use super::Product;
use super::wordings::{Host, Pages};

/// The most links of a mail that are given away: mails of this kind have some ten.
const MAX_LINKS: usize = 20;

/// The longest link that is read.
const MAX_LINK: usize = 2048;

/// Paths that lead somewhere else, or do something when opened.
const REDIRECTORS: [&str; 7] = [
    "/l.php", "/o.php", "/n/", "/flx/", "/sharer", "/login", "/dialog/",
];

/// Hosts that only redirect, by what they begin with (`l.facebook.com`, `lm.facebook.com`).
const REDIRECTING: [&str; 2] = ["l.", "lm."];

/// Paths of contact forms; a number follows.
pub(super) const FORMS: [&str; 3] = ["/help/contact/", "/contact/forms/", "/contact/"];

/// What the links of a mail lead to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// The addresses, forms first, otherwise as they stand in the mail.
    pub addresses: Vec<String>,
    /// The products that the contact forms among them are about, without repetition.
    pub form_products: Vec<Product>,
    /// One of them is a known objection form.
    pub has_objection_form: bool,
}

/// Meta's pages among the links of a mail.
#[must_use]
pub fn select(links: &[String], pages: &Pages) -> Links {
    let mut selected = Links::default();
    let mut others = Vec::new();
    for link in links {
        let Some((address, host, path)) = read(link, pages) else {
            continue;
        };
        if selected.addresses.contains(&address) || others.contains(&address) {
            continue;
        }
        if selected.addresses.len() + others.len() >= MAX_LINKS {
            break;
        }
        let Some(form) = form(&path) else {
            others.push(address);
            continue;
        };
        selected.has_objection_form |= pages.form.iter().any(|known| known.id == form);
        if let Some(product) = host.product.filter(|p| !selected.form_products.contains(p)) {
            selected.form_products.push(product);
        }
        selected.addresses.push(address);
    }
    selected.addresses.append(&mut others);
    selected
}

/// Addresses that stand in a text, with or without `https://`.
#[must_use]
pub fn in_text(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in text.split_whitespace() {
        let word = word.trim_start_matches(['<', '(', '[', '"', '\'']);
        let word = word.trim_end_matches(['>', ')', ']', '"', '\'', '.', ',', ';', ':', '!', '?']);
        let has_scheme = word
            .get(..8)
            .is_some_and(|s| s.eq_ignore_ascii_case("https://"));
        let is_bare = word.contains(".com/") && !word.contains([':', '@']);
        if has_scheme {
            found.push(word.to_owned());
        } else if is_bare {
            found.push(format!("https://{word}"));
        }
        if found.len() >= MAX_LINKS {
            break;
        }
    }
    found
}

/// The address in one form, its host and its path; nothing unless it is plain and Meta's.
fn read<'a>(link: &str, pages: &'a Pages) -> Option<(String, &'a Host, String)> {
    let link = link.trim();
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    if link.len() > MAX_LINK || !link.bytes().all(is_plain) {
        return None;
    }
    let (scheme, rest) = link.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let name = authority.to_ascii_lowercase();
    let host = pages.host.iter().find(|host| is_host(&name, host))?;
    let path = tail.split(['?', '#']).next().unwrap_or_default();
    let leads_away = REDIRECTORS.iter().any(|start| path.starts_with(start))
        || REDIRECTING.iter().any(|start| name.starts_with(start));
    (!leads_away).then(|| (format!("https://{name}{tail}"), host, path.to_owned()))
}

/// Whether a name is that of a listed host.
#[must_use]
pub fn is_listed(name: &str, pages: &Pages) -> bool {
    pages.host.iter().any(|host| is_host(name, host))
}

fn is_host(name: &str, host: &Host) -> bool {
    let is_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    name.bytes().all(is_label)
        && match name.strip_suffix(&host.name) {
            Some("") => true,
            Some(below) => host.and_below && below.len() > 1 && below.ends_with('.'),
            None => false,
        }
}

/// The number of a contact form.
fn form(path: &str) -> Option<&str> {
    let number = FORMS.iter().find_map(|start| path.strip_prefix(start))?;
    let number = number.trim_end_matches('/');
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(number)
}

#[cfg(test)]
mod tests {
    use super::super::wordings::Wordings;
    use super::*;

    fn check(links: &[&str], expected: &[&str]) {
        let links: Vec<String> = links.iter().map(|link| (*link).to_owned()).collect();
        let selected = select(&links, Wordings::built_in().pages());
        assert_eq!(selected.addresses, expected, "{links:?}");
    }

    #[test]
    fn forms_come_first_and_nothing_twice() {
        check(
            &[
                "https://www.facebook.com/privacy/genai",
                "HTTPS://WWW.Facebook.com/help/contact/6359191084165019",
                "https://www.facebook.com/privacy/genai",
                "https://www.whatsapp.com/contact/forms/1715166209218102?ref=uk_ref",
            ],
            &[
                "https://www.facebook.com/help/contact/6359191084165019",
                "https://www.whatsapp.com/contact/forms/1715166209218102?ref=uk_ref",
                "https://www.facebook.com/privacy/genai",
            ],
        );
    }

    #[test]
    fn only_plain_addresses_of_meta_are_taken() {
        for bad in [
            "http://www.facebook.com/help/contact/1",
            "javascript:alert(1)//https://facebook.com",
            "https://facebook.com@evil.test/",
            "https://www.facebook.com:443/",
            "https://facebook.com.evil.test/",
            "https://evilfacebook.com/",
            "https://.facebook.com/",
            "https://faceb\u{3bf}ok.com/",
            "https://facebook.com\\@evil.test/",
            "https://l.facebook.com/l.php?u=https://evil.test",
            "https://www.facebook.com/l.php?u=x",
            "https://www.facebook.com/o.php?k=1",
            "https://evil.help.instagram.com/",
            "data:text/html,x",
            "https://facebook.com/\u{202e}x",
        ] {
            check(&[bad], &[]);
        }
    }

    #[test]
    fn forms_tell_the_product() {
        let links = ["https://help.instagram.com/contact/233964459562201".to_owned()];
        let selected = select(&links, Wordings::built_in().pages());
        assert_eq!(selected.form_products, [Product::Instagram]);
        assert!(selected.has_objection_form);
    }

    #[test]
    fn addresses_are_found_in_text() {
        let text =
            "See facebook.com/privacy/genai. Or <https://help.instagram.com/contact/1>, a@b.com/c";
        assert_eq!(
            in_text(text),
            [
                "https://facebook.com/privacy/genai",
                "https://help.instagram.com/contact/1"
            ]
        );
    }
}
