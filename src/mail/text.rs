//! What a person sees of a message's text: HTML without its tags, its hidden elements and what was
//! quoted in it.
//!
//! It does not know what the words mean, which part of a message they came from, or where an
//! address leads. It lays nothing out: breaks between blocks are kept, everything else is a line.

use std::collections::BTreeMap;

use super::colour::Paint;
use super::quote;
use super::style::{Sheet, Style};
use super::tag::{self, Event, Tag};
use super::visible;
use super::wordings::Quoted;

/// The most HTML that is read: the mails of this kind have some fifty kilobytes.
const MAX_HTML: usize = 1024 * 1024;

/// The most visible text that is kept: the longest known mail of this kind has three kilobytes.
const MAX_TEXT: usize = 64 * 1024;

/// The most addresses that are kept, and the longest: mails of this kind have some ten.
const MAX_LINKS: usize = 200;
const MAX_LINK: usize = 2048;

/// The longest label of a link that can be taken for an address.
const MAX_LABEL: usize = 300;

/// Elements whose content no mail program shows as text.
const UNSEEN: [&str; 27] = [
    "audio", "canvas", "datalist", "del", "details", "dialog", "frameset", "iframe", "map", "math",
    "meter", "noembed", "noframes", "noscript", "object", "progress", "s", "script", "select",
    "strike", "style", "svg", "template", "textarea", "title", "video", "xmp",
];

/// Elements that have no content and no end tag (HTML, 13.1.2).
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// Elements that begin and end a block.
const BLOCK: [&str; 36] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "legend",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
    "thead",
    "tr",
    "ul",
];

/// Whether a name stands in a list in alphabetical order.
fn is_one_of(names: &[&str], name: &str) -> bool {
    names.binary_search(&name).is_ok()
}

/// The visible text of a piece of mail.
#[derive(Clone, Default)]
pub struct Seen {
    /// The text; paragraphs are parted by one empty line.
    pub text: String,
    /// Where its visible links lead, as written.
    pub links: Vec<String>,
    /// Those of them that show an address, with what they show.
    pub labels: Vec<(String, String)>,
    /// There was more than is read.
    pub cut: bool,
}

/// What a person sees of an HTML document.
#[must_use]
pub fn of_html(html: &str, quoted: &Quoted) -> Seen {
    let (html, cut) = beginning(html, MAX_HTML);
    let mut page = Page::default();
    tag::walk(html, |event| match event {
        _ if page.out.len() > MAX_HTML => {}
        Event::Start(tag) => page.start(tag),
        Event::End(name) => page.end(name),
        Event::Text(text) => page.text(text),
    });
    let mut seen = of_plain(&page.out, quoted);
    seen.links = page.links;
    seen.labels = page.labels;
    seen.cut |= cut;
    seen
}

/// What a person sees of a plain text.
#[must_use]
pub fn of_plain(text: &str, quoted: &Quoted) -> Seen {
    let text = quote::newest(&visible::clean(text), quoted);
    let (text, cut) = beginning(&text, MAX_TEXT);
    Seen {
        text: text.to_owned(),
        links: Vec::new(),
        labels: Vec::new(),
        cut,
    }
}

/// The longest beginning of `text` that has at most `most` bytes; whether that leaves any out.
fn beginning(text: &str, most: usize) -> (&str, bool) {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (text.get(..end).unwrap_or_default(), end < text.len())
}

/// An element that was begun and has not ended.
struct Open {
    name: String,
    unseen: bool,
    turned: bool,
    paint: Paint,
    /// Where it leads, and where in the text its label begins.
    link: Option<(String, usize)>,
}

/// A document while it is walked through.
#[derive(Default)]
struct Page {
    out: String,
    links: Vec<String>,
    labels: Vec<(String, String)>,
    open: Vec<Open>,
    /// How many elements of each name are open: an end tag that ends nothing must not cost a walk
    /// through all of them.
    counts: BTreeMap<String, usize>,
    /// How many of the open elements hide what is inside them.
    unseen: usize,
    sheet: Sheet,
}

impl Page {
    fn start(&mut self, tag: &Tag) {
        let name = tag.name.as_str();
        self.end_implied(name);
        let around = self.open.last().map_or(Paint::PAGE, |open| open.paint);
        let style = tag.get("style").map(Style::read);
        let paint = around.inside(tag, style.as_ref(), self.sheet.paints);
        let unseen = self.hides(tag, style.as_ref());
        if is_one_of(&BLOCK, name) {
            self.part();
        }
        if is_one_of(&VOID, name) {
            if name == "br" && self.unseen == 0 {
                self.out.push('\n');
            }
            return;
        }
        if matches!(name, "td" | "th") {
            self.blank();
        }
        let is_link = name == "a" && self.unseen == 0 && !unseen;
        let has_room = is_link && self.links.len() < MAX_LINKS;
        let link = tag
            .get("href")
            .filter(|link| has_room && link.len() <= MAX_LINK);
        self.links.extend(link.map(str::to_owned));
        let is_turned_element = name == "bdo"
            && tag
                .get("dir")
                .is_some_and(|dir| dir.trim().eq_ignore_ascii_case("rtl"));
        let turned = is_turned_element || style.is_some_and(|style| style.turns());
        if turned {
            self.out.push('\u{202e}');
        }
        self.unseen += usize::from(unseen);
        *self.counts.entry(tag.name.clone()).or_default() += 1;
        self.open.push(Open {
            name: tag.name.clone(),
            unseen,
            turned,
            paint,
            link: link.map(|link| (link.to_owned(), self.out.len())),
        });
    }

    fn hides(&self, tag: &Tag, style: Option<&Style>) -> bool {
        let name = tag.name.as_str();
        let classes = tag.get("class").unwrap_or_default();
        let id = tag.get("id").unwrap_or_default();
        let nothing = |side: &str| tag.get(side).is_some_and(|size| size.trim() == "0");
        is_one_of(&UNSEEN, name)
            || tag.get("hidden").is_some()
            || style.is_some_and(Style::hides)
            || (name != "table" && name != "td" && (nothing("width") || nothing("height")))
            || self.sheet.hides(name, id, classes)
            || quote::is_quoted_element(name, id, classes)
    }

    fn end(&mut self, name: &str) {
        if is_one_of(&BLOCK, name) {
            self.part();
        }
        if matches!(name, "td" | "th") {
            self.blank();
        }
        if self.counts.get(name).copied().unwrap_or_default() == 0 {
            return;
        }
        while let Some(ended) = self.pop() {
            if ended == name {
                break;
            }
        }
    }

    /// Ends the element that `name` cannot stand in (HTML, 13.1.2.4), or lists would nest for ever.
    fn end_implied(&mut self, name: &str) {
        let ends: &[&str] = match name {
            "li" => &["li"],
            "td" | "th" => &["td", "th"],
            "tr" => &["td", "th", "tr"],
            "dt" | "dd" => &["dt", "dd"],
            _ if is_one_of(&BLOCK, name) => &["p"],
            _ => return,
        };
        for _ in 0..2 {
            if self
                .open
                .last()
                .is_some_and(|open| ends.contains(&open.name.as_str()))
            {
                self.pop();
            }
        }
    }

    fn pop(&mut self) -> Option<String> {
        let Open {
            name,
            unseen,
            turned,
            link,
            ..
        } = self.open.pop()?;
        if let Some((link, start)) = link {
            let label = self.out.get(start..).unwrap_or_default().trim();
            if label.len() <= MAX_LABEL && label.contains('.') {
                self.labels.push((link, label.to_owned()));
            }
        }
        self.unseen -= usize::from(unseen);
        if let Some(count) = self.counts.get_mut(&name) {
            *count -= 1;
        }
        if turned {
            self.out.push('\u{202c}');
        }
        Some(name)
    }

    fn text(&mut self, text: &str) {
        if self.open.last().is_some_and(|open| open.name == "style") {
            self.sheet.add(text);
        }
        if self.unseen > 0 || self.open.last().is_some_and(|open| open.paint.hides()) {
            return;
        }
        for character in text.chars() {
            if character.is_ascii_whitespace() {
                self.blank();
            } else {
                self.out.push(character);
            }
        }
    }

    fn blank(&mut self) {
        if self.unseen == 0 && !self.out.ends_with([' ', '\n']) {
            self.out.push(' ');
        }
    }

    fn part(&mut self) {
        if self.unseen == 0 && !self.out.ends_with("\n\n") {
            self.out.push_str("\n\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, expected: &str) {
        assert_eq!(of_html(html, &Quoted::default()).text, expected, "{html}");
    }

    #[test]
    fn tags_go_and_blocks_stay_apart() {
        check(
            "<p>Your code is <b>123</b><b>456</b></p><p>Bye",
            "Your code is 123456\n\nBye",
        );
        check(
            "<table><tr><td>a</td><td>b</td></tr><tr><td>c</table>",
            "a b\n\nc",
        );
        check("one<br>two<br/>three", "one\ntwo\nthree");
        check("a&nbsp;&amp;&#x20;b &lt;c&gt;", "a & b <c>");
        check(
            "<ul><li>a<li>b</ul><head><title>t</title></head>c",
            "a\n\nb\n\nc",
        );
        check("a\n   b\t\tc", "a b c");
    }

    #[test]
    fn what_no_eye_sees_is_left_out() {
        for hidden in [
            "<div style='display:none'>1</div>",
            "<div style='DISPLAY : NONE !important'><p>1<div>2</div></div>",
            "<span hidden>1</span>",
            "<div style='max-height:0;overflow:hidden'>1</div>",
            "<font style='font-size:0px'>1</font>",
            "<i style='opacity:0'>1</i><i style='visibility:hidden'>1</i>",
            "<div height=0>1</div>",
            "<style>.x{color:#202123}</style><script>1</script><!-- 1 -->",
            "<style>p{margin:0} .pre, #top {display:none}</style><b class='a pre'>1</b>",
            "<style>#top{display:none}</style><b id=top>1</b>",
            "<font color=white>1</font><p style='color:#fefefe'>1</p>",
            "<div style='color:#FFF'><i>1</i></div>",
            "<del>1</del><s>1</s>",
            "<title>1</title><textarea>1</textarea><img alt=1>",
        ] {
            let text = of_html(&format!("a{hidden}b"), &Quoted::default()).text;
            assert_eq!(text.replace(['\n', ' '], ""), "ab", "{hidden}");
        }
    }

    #[test]
    fn what_runs_against_its_direction_is_not_read() {
        check("12&#8203;34", "1234");
        check("<bdo dir=rtl>12</bdo>", "\u{fffd}");
        check("<bdo dir=ltr>12</bdo>", "12");
        check(
            "<i style='unicode-bidi:bidi-override;direction:rtl'>12</i>3",
            "\u{fffd}3",
        );
    }

    #[test]
    fn hostile_html_takes_linear_time() {
        for part in [
            "<div>",
            "<p><b>",
            "</b>",
            "<",
            "&a",
            "<!--",
            "<table><tr><td>",
            "<a x=1 ",
        ] {
            let html = part.repeat(MAX_HTML / part.len());
            assert!(of_html(&html, &Quoted::default()).text.len() <= MAX_HTML);
        }
    }
}
