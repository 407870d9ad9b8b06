//! Cuts off what somebody else, or somebody earlier, wrote: quoted, forwarded and answered text.
//!
//! It knows how mail programs mark such text; the words they do it with are in the tables. It does
//! not judge what the text says, and cannot see what was quoted without any mark.

use super::wordings::Quoted;

/// How far below a From line the rest of its block is looked for.
const BLOCK: usize = 4;

/// The longest line that can be such a mark, in bytes; a longer one is prose.
const MAX_MARK: usize = 300;

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
pub fn newest(text: &str, quoted: &Quoted) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut kept = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with('>') || line.starts_with("&gt;") {
            continue;
        }
        if opens_quotation(line, lines.get(at + 1..).unwrap_or_default(), quoted) {
            break;
        }
        // Where a quotation stood between two paragraphs one empty line is left.
        if !line.is_empty() || kept.last().is_some_and(|last: &&str| !last.is_empty()) {
            kept.push(*line);
        }
    }
    kept.join("\n").trim().to_owned()
}

/// Whether an HTML element holds quoted text.
#[must_use]
pub fn is_quoted_element(name: &str, id: &str, classes: &str) -> bool {
    let is_mark = |word: &str| MARKS.contains(&word.to_ascii_lowercase().as_str());
    name == "blockquote" || is_mark(id) || classes.split_whitespace().any(is_mark)
}

fn opens_quotation(line: &str, below: &[&str], quoted: &Quoted) -> bool {
    if line.len() > MAX_MARK {
        return false;
    }
    let line = line.to_lowercase();
    let bare = line.trim_matches(['-', '_', ' ', ':']);
    let is_marked = line.starts_with("--") || line.ends_with(':');
    if is_marked && quoted.opens.iter().any(|opening| opening == bare) {
        return true;
    }
    let starts = |line: &str, words: &[String]| words.iter().any(|word| starts_with(line, word));
    let ends = |line: &str| {
        quoted
            .wrote
            .iter()
            .any(|word| line.ends_with(word.as_str()))
    };
    if starts(&line, &quoted.on) {
        let next = below.first().filter(|next| next.len() <= MAX_MARK);
        if ends(&line) || next.is_some_and(|next| ends(&next.to_lowercase())) {
            return true;
        }
    }
    let is_field =
        |line: &&&str| line.len() <= MAX_MARK && starts(&line.to_lowercase(), &quoted.fields);
    starts(&line, &quoted.from) && below.iter().take(BLOCK).filter(is_field).count() >= 2
}

/// Whether a line starts with a mark, which is a whole word of it.
fn starts_with(line: &str, mark: &str) -> bool {
    let behind = line.strip_prefix(mark);
    behind.is_some_and(|rest| mark.ends_with(':') || !rest.starts_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::super::wordings::Wordings;
    use super::*;

    fn check(text: &str, expected: &str) {
        let wordings = Wordings::built_in();
        assert_eq!(newest(text, wordings.quoted()), expected, "{text}");
    }

    #[test]
    fn what_others_wrote_is_cut_off() {
        check("Hi\n> old\nBye", "Hi\nBye");
        check("Hi\n\n> old\n\nBye", "Hi\n\nBye");
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
