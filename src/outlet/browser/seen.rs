//! What is seen of a page: its address, its words and its controls. Pure.
//!
//! It does not know where it was seen, nor what it means: that is `recipe`'s.

/// A page at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Its host, lower case; empty where the page is not to be trusted with anything: it came
    /// over plain HTTP from another machine, or from no host.
    pub host: String,
    /// The path of its address, without query.
    pub path: String,
    /// Its title, folded.
    pub title: String,
    /// The text a person sees, each line folded.
    pub text: String,
    /// Its controls and headings in their order.
    pub controls: Vec<Control>,
    /// The selectors of the recipes that something visible fits.
    pub marks: Vec<String>,
}

impl Seen {
    /// Whether address, title and words are those of `other`.
    #[must_use]
    pub fn has_surface(&self, other: &Self) -> bool {
        let bare = |seen: &Self| Self {
            controls: vec![],
            marks: vec![],
            ..seen.clone()
        };
        bare(self) == bare(other)
    }
}

/// A visible control or heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// What it is for assistive technology.
    pub role: Role,
    /// What it is called there, as [`name`] leaves it.
    pub label: String,
}

/// Roles that a recipe can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Text is typed into it.
    Textbox,
    /// One of several is chosen in it.
    Combobox,
    /// It is one of several to choose.
    Radio,
    /// It is pressed.
    Button,
    /// It heads what follows.
    Heading,
}

impl Role {
    /// The role by its name in WAI-ARIA; fields for numbers and searches take text, too.
    #[must_use]
    pub fn of(computed: &str) -> Option<Self> {
        match computed {
            "textbox" | "searchbox" | "spinbutton" => Some(Self::Textbox),
            "combobox" | "listbox" => Some(Self::Combobox),
            "radio" => Some(Self::Radio),
            "button" => Some(Self::Button),
            "heading" => Some(Self::Heading),
            _ => None,
        }
    }
}

/// Host and path of an address: the host only if nobody between could have written the page.
#[must_use]
pub fn place(url: &str) -> (String, String) {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let is_safe = scheme == "https" || (scheme == "http" && host == "127.0.0.1");
    let host = if is_safe { host } else { "" };
    let path = path.trim_end_matches('/');
    (host.to_ascii_lowercase(), path.to_owned())
}

/// Text as it is compared: lower case, one blank between words, one kind of apostrophe.
#[must_use]
pub fn fold(text: &str) -> String {
    let same = text.replace(['\u{2019}', '\u{2018}', '\u{b4}'], "'");
    let words: Vec<&str> = same.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// As [`fold`], line by line, without those that are empty.
#[must_use]
pub fn fold_lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(fold).collect();
    let said = lines.iter().map(String::as_str);
    said.filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// A label as it is compared: folded, without the marks of a field that must or need not be
/// filled in ("Email *", "Reason (optional)") and without a last mark.
#[must_use]
pub fn name(label: &str) -> String {
    let marks = [' ', '*', ':', '.', '?', '!'];
    let folded = fold(label);
    let mut bare = folded.trim_matches(marks);
    if let Some((before, _)) = bare
        .strip_suffix(')')
        .and_then(|text| text.rsplit_once('('))
    {
        bare = before.trim_end_matches(marks);
    }
    bare.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{name, place};

    #[test]
    fn labels_are_compared_without_their_marks() {
        let check = |label: &str, expected: &str| assert_eq!(name(label), expected, "{label}");
        check(" Email\u{a0}address *", "email address");
        check("Adresse e\u{2011}mail :", "adresse e\u{2011}mail");
        check("Reason (optional)", "reason");
        check(
            "Pays de r\u{e9}sidence* (obligatoire):",
            "pays de r\u{e9}sidence",
        );
        check("Indica l\u{2019}indirizzo", "indica l'indirizzo");
        check("(optional)", "");
    }

    #[test]
    fn a_page_is_where_nobody_between_could_have_written_it() {
        let check = |url: &str, host: &str, path: &str| {
            assert_eq!(place(url), (host.to_owned(), path.to_owned()), "{url}");
        };
        check(
            "https://WWW.facebook.com/help/contact/1/?ref=a#b",
            "www.facebook.com",
            "/help/contact/1",
        );
        check(
            "https://www.facebook.com?u=https://a.test/",
            "www.facebook.com",
            "",
        );
        check("https://www.facebook.com@a.test/login", "a.test", "/login");
        check("http://www.facebook.com/login", "", "/login");
        check("http://127.0.0.1:8080/form", "127.0.0.1", "/form");
        check("data:text/html,facebook.com", "", "");
        check("about:blank", "", "");
    }
}
