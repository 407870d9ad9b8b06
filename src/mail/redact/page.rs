//! HTML without its secrets: the same elements, the same styles, the same hidden text.
//!
//! It is read by the tokens that the reading of mails sees, and written anew from them. Attributes
//! that nobody needs to see how a mail is built are left out, and so are scripts. It does not know
//! what a browser would show.

use std::ops::Range;

use html5gum::{DefaultEmitter, Doctype, StartTag, Token, Tokenizer};

use super::cast::Cast;
use super::edit::apply;
use super::words::{self, Names};
use super::{place, style};

/// Elements inside a line: what they part is read together. All others begin a new line.
const INLINE: [&str; 26] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "center", "cite", "code", "em", "font", "i",
    "img", "ins", "kbd", "mark", "s", "small", "span", "strike", "strong", "sub", "sup", "u",
    "wbr",
];

/// Elements whose content is written as it is (HTML, 13.1.2.6).
const RAW: [&str; 7] = [
    "style", "script", "xmp", "iframe", "noembed", "noframe", "noscript",
];

/// Attributes that say how a page is built.
const BUILD: [&str; 29] = [
    "align",
    "aria-hidden",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "charset",
    "class",
    "color",
    "cols",
    "colspan",
    "dir",
    "face",
    "height",
    "hidden",
    "http-equiv",
    "id",
    "lang",
    "media",
    "name",
    "rel",
    "role",
    "rows",
    "rowspan",
    "size",
    "target",
    "type",
    "valign",
    "width",
];

/// Attributes that hold words.
const WORDS: [&str; 5] = ["alt", "title", "content", "summary", "aria-label"];

/// Attributes that hold addresses.
const PLACES: [&str; 5] = ["href", "src", "action", "background", "cite"];

/// A piece of a page.
enum Piece {
    /// Markup, written anew.
    Mark(String),
    /// Text as a reader sees it; whether it is written without escapes.
    Text(String, bool),
    /// Something that parts what stands before and behind it.
    Break,
}

/// The page without its secrets.
pub fn redacted(html: &str, cast: &mut Cast<'_>) -> String {
    let pieces = pieces(html, cast);
    let (joined, ranges) = joined(&pieces);
    let borders: Vec<usize> = ranges.iter().map(|range| range.start).collect();
    let edits = words::edits(&joined, &borders, Names::AmongWords, cast);
    let mut texts = apply(&joined, &ranges, &edits).into_iter();
    let mut page = String::with_capacity(html.len());
    for piece in &pieces {
        match piece {
            Piece::Mark(mark) => page.push_str(mark),
            Piece::Text(_, true) => page.push_str(&texts.next().unwrap_or_default()),
            Piece::Text(_, false) => escape(&texts.next().unwrap_or_default(), &mut page),
            Piece::Break => {}
        }
    }
    page
}

/// Every word of a page that is no markup: visible, hidden, in comments, in attributes.
pub fn all_words(html: &str) -> String {
    let mut all = String::new();
    let mut page = String::new();
    let mut in_style = false;
    for token in tokens(html) {
        match token {
            Token::StartTag(tag) => {
                in_style = *tag.name == b"style";
                page.push_str(if is_inline(&text(&tag.name)) {
                    ""
                } else {
                    "\n"
                });
                for (name, value) in &tag.attributes {
                    if WORDS.contains(&text(name).as_str()) || PLACES.contains(&text(name).as_str())
                    {
                        all.push_str(&text(value));
                        all.push('\n');
                    }
                }
            }
            Token::EndTag(tag) => {
                in_style = false;
                page.push_str(if is_inline(&text(&tag.name)) {
                    ""
                } else {
                    "\n"
                });
            }
            Token::String(words) if !in_style => page.push_str(&text(&words)),
            Token::Comment(words) => {
                all.push_str(&text(&words));
                all.push('\n');
            }
            Token::String(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    all + &page
}

fn tokens(html: &str) -> impl Iterator<Item = Token<usize>> {
    let mut emitter = DefaultEmitter::new_with_span();
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(html, emitter).map(|Ok(token)| token)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn is_inline(name: &str) -> bool {
    INLINE.contains(&name)
}

fn pieces(html: &str, cast: &mut Cast<'_>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    // The element whose content is no markup, if the last tag began one.
    let mut inside = String::new();
    for token in tokens(html) {
        match token {
            Token::StartTag(tag) => {
                inside = text(&tag.name);
                pieces.push(Piece::Mark(start(&tag, cast)));
                if !is_inline(&inside) {
                    pieces.push(Piece::Break);
                }
            }
            Token::EndTag(tag) => {
                inside.clear();
                let name = text(&tag.name);
                pieces.push(Piece::Mark(format!("</{name}>")));
                if !is_inline(&name) {
                    pieces.push(Piece::Break);
                }
            }
            Token::String(words) => match inside.as_str() {
                "script" => {}
                "style" => pieces.push(Piece::Mark(style::sheet(&text(&words), cast))),
                "plaintext" => pieces.push(Piece::Text(text(&words), true)),
                name => pieces.push(Piece::Text(text(&words), RAW.contains(&name))),
            },
            Token::Comment(words) => {
                let words = words::redacted(&text(&words), Names::AmongWords, cast);
                pieces.push(Piece::Mark(format!("<!--{words}-->")));
            }
            Token::Doctype(doctype) => pieces.push(Piece::Mark(self::doctype(&doctype))),
            Token::Error(_) => {}
        }
    }
    pieces
}

fn start(tag: &StartTag<usize>, cast: &mut Cast<'_>) -> String {
    let mut mark = format!("<{}", text(&tag.name));
    let mut attributes: Vec<_> = tag.attributes.iter().collect();
    attributes.sort_by_key(|(_, value)| value.span.start);
    for (name, value) in attributes {
        let (name, value) = (text(name), text(value));
        let value = match name.as_str() {
            "style" => style::declarations(&value, cast),
            name if PLACES.contains(&name) => self::place(&value, cast),
            name if WORDS.contains(&name) => words::redacted(&value, Names::AmongWords, cast),
            name if BUILD.contains(&name) => built(&value, cast),
            _ => continue,
        };
        mark.push(' ');
        mark.push_str(&name);
        mark.push_str("=\"");
        escape(&value, &mut mark);
        mark.push('"');
    }
    mark.push_str(if tag.self_closing { " />" } else { ">" });
    mark
}

/// Measures, colours and class names stay; what is long enough for an id does not.
fn built(value: &str, cast: &mut Cast<'_>) -> String {
    let is_measure = value.len() <= 8 && value.bytes().filter(u8::is_ascii_digit).count() <= 4;
    let is_colour = value.len() == 7 && value.starts_with('#');
    if is_measure || is_colour {
        return value.to_owned();
    }
    words::redacted(value, Names::AmongWords, cast)
}

/// An address in an attribute.
fn place(value: &str, cast: &mut Cast<'_>) -> String {
    let scheme = value.trim_start().split(':').next().unwrap_or_default();
    match scheme.to_ascii_lowercase().as_str() {
        "data" => "data:,".to_owned(),
        "cid" | "tel" | "sms" => {
            let rest = value.split_once(':').map_or("", |(_, rest)| rest);
            format!("{scheme}:{}", cast.id(rest))
        }
        "http" | "https" => place::page(value, cast),
        "mailto" => words::redacted(value, Names::Alone, cast),
        _ if value.starts_with("//") => place::page(value, cast),
        _ => {
            let (path, query) = value.split_at(value.find(['?', '#']).unwrap_or(value.len()));
            let path = words::redacted(path, Names::AmongWords, cast);
            format!("{path}{}", place::query(query, cast))
        }
    }
}

/// The standard's own document types stay.
fn doctype(doctype: &Doctype<usize>) -> String {
    let name = if *doctype.name == b"html" {
        "html"
    } else {
        "other"
    };
    let public = doctype
        .public_identifier
        .as_ref()
        .map(|public| text(public));
    match public.filter(|public| public.starts_with("-//W3C//DTD ") && public.len() < 60) {
        Some(public) if !public.contains(['"', '>']) => {
            format!("<!DOCTYPE {name} PUBLIC \"{public}\">")
        }
        _ => format!("<!DOCTYPE {name}>"),
    }
}

/// The texts of a page as one, and where each stands in it.
fn joined(pieces: &[Piece]) -> (String, Vec<Range<usize>>) {
    let mut joined = String::new();
    let mut ranges = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text, _) => {
                let start = joined.len();
                joined.push_str(text);
                ranges.push(start..joined.len());
            }
            Piece::Break if !joined.ends_with('\n') => joined.push('\n'),
            Piece::Break | Piece::Mark(_) => {}
        }
    }
    (joined, ranges)
}

fn escape(text: &str, page: &mut String) {
    for c in text.chars() {
        match c {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\u{a0}' => page.push_str("&nbsp;"),
            _ => page.push(c),
        }
    }
}
