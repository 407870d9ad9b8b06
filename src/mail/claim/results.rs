//! Reads an Authentication-Results field (RFC 8601, 2.2): what a server says it checked.
//!
//! It knows the syntax and believes nothing: whose word counts, and where in a header it has to
//! stand, is `word`'s. A field that is not read to its end is not read at all, because a stranger
//! who may choose a domain or an address chooses what stands in the middle of one.

/// The longest field that is read: a chain of ten signatures has some two kilobytes.
const MAX_FIELD: usize = 16 * 1024;

/// The deepest comment in a comment.
const MAX_DEPTH: usize = 10;

/// The only version there is (RFC 8601, 2.2).
const VERSION: &str = "1";

/// What a server says about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Results {
    /// Its authserv-id, lower case.
    pub server: String,
    /// What it checked, in its order.
    pub checks: Vec<Check>,
}

/// One check and its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The method, lower case: `dkim`, `spf`, …
    pub method: String,
    /// The result, lower case: `pass`, `fail`, …
    pub result: String,
    /// What was checked: (`header.d`, value), names in lower case.
    pub properties: Vec<(String, String)>,
}

impl Check {
    /// The value of a property; `None` if it is not there, or there twice with two values.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&str> {
        let mut values = self.properties.iter().filter(|(one, _)| one == name);
        let (_, value) = values.next()?;
        values.all(|(_, other)| other == value).then_some(value)
    }

    fn has(&self, name: &str) -> bool {
        self.properties.iter().any(|(one, _)| one == name)
    }

    /// Whether this is about the signature of `domain` by `selector` that speaks for
    /// `agent_domain` and whose value is `value`: all that it names must fit, and it must name
    /// the domain in one way or the other. Servers write `header.d`, `header.i` or both.
    #[must_use]
    pub fn is_about(&self, domain: &str, agent_domain: &str, selector: &str, value: &str) -> bool {
        let fits = |name: &str, judge: &dyn Fn(&str) -> bool| match self.property(name) {
            Some(found) => judge(found),
            None => !self.has(name),
        };
        let is_agent = |found: &str| {
            let of = found.rsplit_once('@').map_or(found, |(_, of)| of);
            of.eq_ignore_ascii_case(agent_domain)
        };
        self.method == "dkim"
            && (self.has("header.d") || self.has("header.i"))
            && fits("header.d", &|found| found.eq_ignore_ascii_case(domain))
            && fits("header.i", &is_agent)
            && fits("header.s", &|found| found.eq_ignore_ascii_case(selector))
            // RFC 6008: the beginning of the value, to tell signatures apart.
            && fits("header.b", &|found| !found.is_empty() && value.starts_with(found))
    }
}

impl Results {
    /// Reads the value of a field, folds included; `None` if it is not one from end to end.
    #[must_use]
    pub fn read(value: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?;
        let odd = |char: char| char.is_control() && !matches!(char, '\t' | '\r' | '\n');
        if text.len() > MAX_FIELD || text.contains(odd) {
            return None;
        }
        let mut reader = Reader { rest: text };
        reader.skip_blanks()?;
        let server = reader.value()?.to_ascii_lowercase();
        reader.skip_blanks()?;
        if !reader.rest.starts_with(';') && reader.value()? != VERSION {
            return None;
        }
        let mut checks = Vec::new();
        reader.skip_blanks()?;
        while reader.take(';') {
            reader.skip_blanks()?;
            if reader.rest.is_empty() {
                break;
            }
            checks.extend(reader.checks()?);
            reader.skip_blanks()?;
        }
        (reader.rest.is_empty() && !server.is_empty()).then_some(Self { server, checks })
    }
}

/// What is left to read.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn take(&mut self, char: char) -> bool {
        match self.rest.strip_prefix(char) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Blanks, folds and comments (RFC 5322, 3.2.2, `CFWS`).
    fn skip_blanks(&mut self) -> Option<()> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            if !self.rest.starts_with('(') {
                return Some(());
            }
            self.skip_comment()?;
        }
    }

    fn skip_comment(&mut self) -> Option<()> {
        let (mut depth, mut escaped) = (0_usize, false);
        for (at, char) in self.rest.char_indices() {
            match char {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth > MAX_DEPTH {
                return None;
            }
            if depth == 0 {
                self.rest = self.rest.get(at + 1..)?;
                return Some(());
            }
        }
        None
    }

    /// A word or a quoted string (RFC 2045, 5.1, `value`). Addresses and base64 stand here bare in
    /// real fields, so a word ends only where something else could begin.
    fn value(&mut self) -> Option<String> {
        if self.rest.starts_with('"') {
            return self.quoted();
        }
        let ends = |char: char| char.is_ascii_whitespace() || "();\"".contains(char);
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        (!word.is_empty()).then(|| word.to_owned())
    }

    fn quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut escaped = false;
        for (at, char) in self.rest.char_indices().skip(1) {
            match char {
                '\\' if !escaped => escaped = true,
                '"' if !escaped => {
                    self.rest = self.rest.get(at + 1..)?;
                    return Some(text);
                }
                '\r' | '\n' => {}
                _ => {
                    escaped = false;
                    text.push(char);
                }
            }
        }
        None
    }

    /// A name before `=`, lower case: a method or a property.
    fn name(&mut self) -> Option<String> {
        let mut name = String::new();
        loop {
            let wordy = |char: char| char.is_ascii_alphanumeric() || "-_".contains(char);
            let end = self.rest.find(|char| !wordy(char));
            let (word, rest) = self.rest.split_at_checked(end.unwrap_or(self.rest.len()))?;
            if word.is_empty() {
                return None;
            }
            name.push_str(word);
            self.rest = rest;
            self.skip_blanks()?;
            let Some(mark) = self.rest.chars().next().filter(|mark| "./".contains(*mark)) else {
                return Some(name.to_ascii_lowercase());
            };
            name.push(mark);
            self.take(mark);
            self.skip_blanks()?;
        }
    }

    /// What stands between two semicolons: one check, or none that can be used.
    fn checks(&mut self) -> Option<Vec<Check>> {
        let method = self.name()?;
        if method == "none" && !self.rest.starts_with('=') {
            return Some(Vec::new());
        }
        let result = self.assigned()?.to_ascii_lowercase();
        // RFC 8601, 2.2: a keyword; quoted, it could be anything.
        if !result.bytes().all(|byte| byte.is_ascii_alphanumeric()) || result.is_empty() {
            return None;
        }
        let (method, version) = method.split_once('/').unwrap_or((&method, VERSION));
        let mut check = Check {
            method: method.to_owned(),
            result,
            properties: Vec::new(),
        };
        self.skip_blanks()?;
        while !self.rest.is_empty() && !self.rest.starts_with(';') {
            let name = self.name()?;
            let value = self.assigned()?;
            check.properties.push((name, value));
            self.skip_blanks()?;
        }
        // A later version may mean something else (RFC 8601, 2.2).
        let is_known = version == VERSION;
        Some(if is_known { vec![check] } else { Vec::new() })
    }

    fn assigned(&mut self) -> Option<String> {
        self.skip_blanks()?;
        if !self.take('=') {
            return None;
        }
        self.skip_blanks()?;
        self.value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `server; method=result name=value …; …`, or `-` for what cannot be read.
    fn check(value: &str, expected: &str) {
        let written = Results::read(value.as_bytes()).map_or("-".to_owned(), |read| {
            let checks = read.checks.iter().map(|check| {
                let named = check.properties.iter().map(|(n, v)| format!(" {n}={v}"));
                let named = named.collect::<Vec<_>>().concat();
                format!("; {}={}{named}", check.method, check.result)
            });
            read.server + &checks.collect::<Vec<_>>().concat()
        });
        assert_eq!(written, expected, "{value}");
    }

    #[test]
    fn fields_are_read_as_they_occur() {
        // Seen 2020 and 2017, shortened: facts, 7.1 and 7.2.
        check(
            " mx.google.com;\r\n       dkim=pass header.i=@mail.instagram.com \
             header.s=s1024-2013-q3 header.b=PMqBOOgZ;\r\n       spf=pass (google.com: domain of \
             no-reply@mail.instagram.com designates 69.171.232.146 as permitted sender) \
             smtp.mailfrom=no-reply@mail.instagram.com;\r\n       dmarc=pass (p=REJECT sp=REJECT \
             dis=NONE) header.from=mail.instagram.com",
            "mx.google.com; dkim=pass header.i=@mail.instagram.com header.s=s1024-2013-q3 \
             header.b=PMqBOOgZ; spf=pass smtp.mailfrom=no-reply@mail.instagram.com; \
             dmarc=pass header.from=mail.instagram.com",
        );
        check(
            " amazonses.com; spf=pass (x) client-ip=1.2.3.4; dkim=pass \
             header.i=@facebookmail.com;",
            "amazonses.com; spf=pass client-ip=1.2.3.4; dkim=pass header.i=@facebookmail.com",
        );
        check(
            " mx.example.org 1;\r\n\tdkim=pass (1024-bit key; unprotected) reason=\"good; key\"\
             \r\n\theader.d=facebookmail.com header.b=\"ab/c+d=\"",
            "mx.example.org; dkim=pass reason=good; key header.d=facebookmail.com header.b=ab/c+d=",
        );
        check(" MX.Example.org; none", "mx.example.org");
        check(" mx.example.org; none (nothing done)", "mx.example.org");
        check(" mx.example.org", "-");
        check(
            " mx.example.org; dkim/1 = pass header . d = a.b",
            "mx.example.org; dkim=pass header.d=a.b",
        );
        check(
            " mx.example.org; dkim/2=pass header.d=a.b",
            "mx.example.org",
        );
        check(
            "(a(b)\\)c) \"mx.example.org\" (d) 1 (e) ; dkim (f) = (g) pass",
            "mx.example.org; dkim=pass",
        );
    }

    #[test]
    fn what_is_not_read_to_its_end_is_not_read() {
        for value in [
            "",
            " ;dkim=pass",
            " mx.example.org 2; dkim=pass header.d=a.b",
            " mx.example.org; dkim=pass header.d=a.b (open",
            " mx.example.org; dkim=pass header.d=\"a.b",
            " mx.example.org; dkim=pass header.d",
            " mx.example.org; dkim",
            " mx.example.org; =pass",
            " mx.example.org; dkim=pass header.d=a.b) c",
            " mx.example.org dkim=pass header.d=a.b",
            " mx.example.org; dkim=\"\" header.d=a.b",
            " mx.example.org; dkim=\"pass;\" header.d=a.b",
            " mx.example.org;; dkim=pass",
            " mx.example.org; dkim=pass\0 header.d=a.b",
        ] {
            check(value, "-");
        }
        check(
            &format!(" mx.example.org; dkim=pass {}", "(".repeat(2000)),
            "-",
        );
        check(
            &format!(
                " mx.example.org; dkim=pass reason={}",
                "x".repeat(MAX_FIELD)
            ),
            "-",
        );
    }

    #[test]
    fn a_check_is_about_a_signature_only_if_all_that_it_names_fits() {
        let about = |named: &str| {
            let read = Results::read(format!(" m; {named}").as_bytes()).unwrap();
            read.checks[0].is_about("a.test", "x.a.test", "s1", "QUJD=")
        };
        assert!(about("dkim=pass header.d=A.test"));
        assert!(about("dkim=pass header.i=@X.a.test"));
        assert!(about(
            "dkim=pass header.i=me@x.a.test header.d=a.test header.s=S1 header.b=QUJ"
        ));
        assert!(about("dkim=pass header.d=a.test header.d=a.test"));
        for other in [
            "dkim=pass",
            "dkim=pass header.s=s1 header.b=QUJD=",
            "dkim=pass header.d=b.test",
            "dkim=pass header.d=a.test. ",
            "dkim=pass header.d=evil.test header.i=@x.a.test",
            "dkim=pass header.d=a.test header.d=evil.test",
            "dkim=pass header.i=@evil.test header.d=a.test",
            "dkim=pass header.i=@x.a.test@evil.test",
            "dkim=pass header.d=a.test header.s=s2",
            "dkim=pass header.d=a.test header.b=QUX",
            "dkim=pass header.d=a.test header.b=\"\"",
            "spf=pass header.d=a.test",
            "dkim-atps=pass header.d=a.test",
        ] {
            assert!(!about(other), "{other}");
        }
    }
}
