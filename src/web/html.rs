//! HTML, written so that no text can become markup.
//!
//! Names of elements and attributes are words of this program. All else is text, and there is one
//! way for it onto a page: what a reader cannot see is written out ([`crate::mail::escape`]), and
//! what HTML reads as markup is replaced. It knows no page.
//!
//! SECURITY: links lead to pages of this program only. Hostile: every text and every value.

use crate::mail::{Digest, plain_sentence};

/// An attribute's name and value.
pub(super) type Attribute<'a> = (&'static str, &'a str);

/// Where a link leads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    /// To a page of ours.
    Own(&'static str),
    /// To a message.
    Message(Digest),
    /// To its bytes.
    Raw(Digest),
    /// To a picture of a form.
    Picture(Digest),
    /// To that picture alone.
    Png(Digest),
    /// To some of the cases, by their page's number; whether that comes anew.
    Cases(usize, bool),
}

/// HTML that is being written.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// A whole document.
    pub(super) fn document(
        title: &str,
        is_refreshed: bool,
        body: impl FnOnce(&mut Self),
    ) -> Vec<u8> {
        let mut html = Self("<!doctype html>\n".to_owned());
        html.element("html", &[("lang", "en")], |html| {
            html.element("head", &[], |html| {
                html.void("meta", &[("charset", "utf-8")]);
                let fit = "width=device-width, initial-scale=1";
                html.void("meta", &[("name", "viewport"), ("content", fit)]);
                html.void(
                    "meta",
                    &[("name", "color-scheme"), ("content", "light dark")],
                );
                if is_refreshed {
                    html.void("meta", &[("http-equiv", "refresh"), ("content", "60")]);
                }
                html.say("title", &[], title);
                html.void("link", &[("rel", "stylesheet"), ("href", "/style.css")]);
            });
            html.element("body", &[], body);
        });
        html.0.into_bytes()
    }

    /// An element, and what stands in it.
    pub(super) fn element(
        &mut self,
        name: &'static str,
        attributes: &[Attribute<'_>],
        inside: impl FnOnce(&mut Self),
    ) {
        self.void(name, attributes);
        inside(self);
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// An element with nothing but text in it.
    pub(super) fn say(&mut self, name: &'static str, attributes: &[Attribute<'_>], text: &str) {
        self.element(name, attributes, |html| html.text(text));
    }

    /// An element that has no end.
    pub(super) fn void(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.0.push('<');
        self.0.push_str(name);
        for (attribute, value) in attributes {
            self.0.push(' ');
            self.0.push_str(attribute);
            self.0.push_str("=\"");
            self.text(value);
            self.0.push('"');
        }
        self.0.push('>');
    }

    /// A link.
    pub(super) fn link(&mut self, target: Target, text: &str) {
        let href = match target {
            Target::Own(path) => path.to_owned(),
            Target::Message(digest) => format!("/message/{digest}"),
            Target::Raw(digest) => format!("/message/{digest}/raw"),
            Target::Picture(digest) => format!("/picture/{digest}"),
            Target::Png(digest) => format!("/picture/{digest}.png"),
            Target::Cases(number, true) => format!("/?page={number}"),
            Target::Cases(number, false) => format!("/?still&page={number}"),
        };
        self.say("a", &[("href", &href)], text);
    }

    /// Text, on one line.
    pub(super) fn text(&mut self, text: &str) {
        for c in plain_sentence(text).chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
    }

    /// Sentences of ours, in which backticks stand around what is typed.
    pub(super) fn sentences(&mut self, text: &str) {
        for (at, part) in text.split('`').enumerate() {
            if at % 2 == 1 {
                self.say("code", &[], part);
            } else {
                self.text(part);
            }
        }
    }

    /// Text on lines of its own, where the element keeps them.
    pub(super) fn lines<'t>(&mut self, lines: impl Iterator<Item = &'t str>) {
        for line in lines {
            self.text(line);
            self.0.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Html;

    #[test]
    fn no_text_becomes_markup() {
        let mut html = Html::default();
        html.say(
            "p",
            &[("class", "\"><script>")],
            "<img src=x onerror='a'>&\u{202e}\u{1b}[31m",
        );
        assert_eq!(
            html.0,
            "<p class=\"&quot;&gt;&lt;script&gt;\">&lt;img src=x \
             onerror=&#39;a&#39;&gt;&amp;\\u{202e}\\u{1b}[31m</p>"
        );
    }
}
