//! Cuts off what somebody else, or somebody earlier, wrote: quoted, forwarded and answered text.
//!
//! It knows how mail programs mark such text, in the languages they mark it in. It does not
//! judge what the words say, and cannot see text that was quoted without any mark.

/// Dashed lines that open a forwarded or answered message, without their dashes.
const OPENINGS: [&str; 8] = [
    "original message",
    "forwarded message",
    "begin forwarded message",
    "ursprüngliche nachricht",
    "weitergeleitete nachricht",
    "message d'origine",
    "mensaje original",
    "messaggio originale",
];

/// How a line ends that says who wrote what follows ("On Monday, Martin wrote:").
const WROTE: [&str; 6] = [
    "wrote:",
    "schrieb:",
    "a écrit :",
    "a écrit:",
    "escribió:",
    "ha scritto:",
];

/// How such a line begins.
const ON: [&str; 6] = ["on ", "am ", "le ", "el ", "il ", "em "];

/// The header fields that stand above a forwarded message; the first opens the block.
const FROM: [&str; 4] = ["from:", "von:", "de :", "da:"];
const BELOW_FROM: [&str; 10] = [
    "sent:",
    "date:",
    "to:",
    "subject:",
    "gesendet:",
    "datum:",
    "an:",
    "betreff:",
    "objet :",
    "cc:",
];

/// How far below a From line the rest of its block is looked for.
const BLOCK: usize = 4;

/// Ids and classes of elements that mail programs put quoted text into.
const MARKS: [&str; 9] = [
    "gmail_quote",
    "gmail_quote_container",
    "gmail_attr",
    "yahoo_quoted",
    "moz-cite-prefix",
    "protonmail_quote",
    "divrplyfwdmsg",
    "appendonsend",
    "outlookmessageheader",
];

/// The part of a clean text that its sender wrote last.
#[must_use]
pub fn newest(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut kept = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with('>') || line.starts_with("&gt;") {
            continue;
        }
        if opens_quotation(line, lines.get(at + 1..).unwrap_or_default()) {
            break;
        }
        kept.push(*line);
    }
    kept.join("\n").trim().to_owned()
}

/// Whether an HTML element holds quoted text.
#[must_use]
pub fn is_quoted_element(name: &str, id: &str, classes: &str) -> bool {
    let is_mark = |word: &str| MARKS.contains(&word.to_ascii_lowercase().as_str());
    name == "blockquote" || is_mark(id) || classes.split_whitespace().any(is_mark)
}

fn opens_quotation(line: &str, below: &[&str]) -> bool {
    // The marks are short; a long line is prose.
    if line.len() > 300 {
        return false;
    }
    let line = line.to_lowercase();
    let bare = line.trim_matches(['-', '_', ' ', ':']);
    let is_marked = line.starts_with("--") || line.ends_with(':');
    if is_marked && OPENINGS.contains(&bare) {
        return true;
    }
    let starts = |words: &[&str]| words.iter().any(|word| line.starts_with(word));
    let ends = |line: &str| WROTE.iter().any(|word| line.ends_with(word));
    if starts(&ON) {
        let next = below.first().map(|next| next.to_lowercase());
        return ends(&line) || next.is_some_and(|next| next.len() <= 300 && ends(&next));
    }
    let is_field = |line: &&str| {
        let line = line.get(..12).unwrap_or(line).to_lowercase();
        BELOW_FROM.iter().any(|field| line.starts_with(field))
    };
    starts(&FROM)
        && below
            .iter()
            .take(BLOCK)
            .filter(|line| is_field(line))
            .count()
            >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(newest(text), expected, "{text}");
    }

    #[test]
    fn what_others_wrote_is_cut_off() {
        check("Hi\n> old\nBye", "Hi\nBye");
        check("Hi\n\nOn Mon, 3 June 2024, Meta wrote:\nold", "Hi");
        check(
            "Hi\nOn Mon, 3 June 2024 at 12:00, Meta\n<a@b.test> wrote:\nold",
            "Hi",
        );
        check("Hi\n-----Original Message-----\nold", "Hi");
        check("Hi\n---------- Forwarded message ---------\nold", "Hi");
        check("Hi\nBegin forwarded message:\n\nold", "Hi");
        check(
            "FYI\nFrom: Meta <a@b>\nSent: Monday\nTo: me\nSubject: x\n\nold",
            "FYI",
        );
    }

    #[test]
    fn prose_stays() {
        check(
            "On June 26 we change it.\nBye",
            "On June 26 we change it.\nBye",
        );
        check("From: today\nwe do it.", "From: today\nwe do it.");
        check(
            "The original message of this",
            "The original message of this",
        );
    }

    #[test]
    fn quoting_elements_are_known() {
        assert!(is_quoted_element("div", "", "x gmail_quote"));
        assert!(is_quoted_element("div", "divRplyFwdMsg", ""));
        assert!(is_quoted_element("blockquote", "", ""));
        assert!(!is_quoted_element("div", "quote", ""));
    }
}
