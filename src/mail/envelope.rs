//! From the header alone: is the body worth fetching?
//!
//! It is generous on purpose. A message that is passed over is never seen again; one too many
//! costs a fetch. It does not know whether the claim is true, which is `authenticity`'s question,
//! nor what the message says.

use super::mime;
use super::speech::fold;
use super::wordings::Wordings;

/// Names that no other sender has: found anywhere in a sender's name or address, they are a claim.
const BRANDS: [&str; 4] = ["facebook", "instagram", "whatsapp", "metamail"];

/// Names that are words of their own as well: they have to stand alone.
const WORDS: [&str; 3] = ["meta", "threads", "fb"];

/// The display names that a server is asked for.
const NAMES: [&str; 5] = ["Facebook", "Instagram", "WhatsApp", "Meta", "Threads"];

/// Letters that look like Latin ones and were used to forge senders.
const TWINS: [(char, char); 20] = [
    ('а', 'a'),
    ('е', 'e'),
    ('о', 'o'),
    ('с', 'c'),
    ('к', 'k'),
    ('т', 't'),
    ('м', 'm'),
    ('і', 'i'),
    ('р', 'p'),
    ('ѕ', 's'),
    ('ο', 'o'),
    ('α', 'a'),
    ('ι', 'i'),
    ('κ', 'k'),
    ('0', 'o'),
    ('1', 'i'),
    ('4', 'a'),
    ('3', 'e'),
    ('ı', 'i'),
    ('ь', 'b'),
];

/// Whether the From fields of a header claim, openly or in disguise, to be Meta's.
#[must_use]
pub fn claims_to_be_meta(header: &[u8]) -> bool {
    let header = mime::header(header);
    mime::senders(header)
        .iter()
        .any(|person| claims(&person.name) || claims(&person.address))
}

/// What a server is asked to look for in From.
///
/// The names are contained in most of the domains, and both are asked for: some servers look for
/// whole words, not for parts of them (RFC 9051, 6.4.4 leaves it to them).
#[must_use]
pub fn search_terms(wordings: &Wordings) -> Vec<String> {
    let domains = wordings
        .senders()
        .iter()
        .map(|sender| sender.domain.clone());
    domains.chain(NAMES.map(str::to_owned)).collect()
}

/// Whether a name or an address uses one of the names.
#[must_use]
pub fn claims(text: &str) -> bool {
    let folded = fold(text);
    let plain: String = folded.chars().map(twin).collect();
    let squeezed: String = plain.chars().filter(|c| c.is_alphanumeric()).collect();
    let is_word = |word: &str| WORDS.contains(&word);
    BRANDS.iter().any(|brand| squeezed.contains(brand))
        || [folded, plain]
            .iter()
            .any(|text| text.split(|c: char| !c.is_alphanumeric()).any(is_word))
}

fn twin(c: char) -> char {
    TWINS
        .iter()
        .find(|(twin, _)| *twin == c)
        .map_or(c, |(_, latin)| *latin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: &str, expected: bool) {
        let header = format!("Received: by facebook.com\r\nfrom: {from}\r\nTo: x@facebook.com\r\n");
        assert_eq!(claims_to_be_meta(header.as_bytes()), expected, "{from}");
    }

    #[test]
    fn claims_are_seen_in_disguise() {
        check("notification@facebookmail.com", true);
        check("\"Facebook\" <a@evil.test>", true);
        check("Meta Privacy <a@b.test>", true);
        check("Threads <a@b.test>", true);
        check("privacy@account.meta.com", true);
        check("a@mediapartnerships.fb.com", true);
        check("<a@facebookmail.com.evil.test>", true);
        check("=?utf-8?b?RmFjZWJvb2s=?= <a@evil.test>", true);
        check(
            "=?utf-8?q?security=40facebookmail.com?= <a@evil.test>",
            true,
        );
        check("Fаcebооk <a@evil.test>", true);
        check("\"F a c e b o o k\" <a@evil.test>", true);
        check("Faceb00k <a@evil.test>", true);
        check("INSTAGRAM\r\n <a@evil.test>", true);
        check("a@evil.test, b@facebookmail.com", true);
    }

    #[test]
    fn others_are_passed_over() {
        check("Martin <martin@example.org>", false);
        check("Metadata Weekly <news@metadata.example>", false);
        check("Petra Metall <p@example.org>", false);
        check("", false);
        assert!(!claims_to_be_meta(b""));
        assert!(!claims_to_be_meta(
            b"To: a@b.test\r\n\r\nFrom: facebook@b.test\r\n"
        ));
    }

    #[test]
    fn every_sender_of_the_tables_is_a_claim_and_asked_for() {
        let wordings = Wordings::built_in();
        let terms = search_terms(&wordings);
        for sender in wordings.senders() {
            check(&format!("a@{}", sender.domain), true);
            assert!(terms.contains(&sender.domain));
        }
    }
}
