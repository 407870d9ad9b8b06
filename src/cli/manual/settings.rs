//! sustained.toml(5): every key of the configuration, from the schema, and the example.
//!
//! It knows no key: what is not in the schema is not on the page.

use std::io::{self, Write as _};

use clap_mangen::roff::{Roff, bold, roman};
use serde_json::{Map, Value};

use super::super::config::SCHEMA;
use super::{FILES, SOURCE, marked, section};

/// The page's file.
pub(super) const FILE: &str = "sustained.toml.5";

/// The configuration with every key explained.
const EXAMPLE: &str = include_str!("../../../config.example.toml");

const DESCRIPTION: &str = "The configuration is a TOML file. `sustained init` writes a first one, \
                           `sustained check` tries what it says, and `sustained config schema` \
                           prints the JSON Schema of it for editors. Keys that are not known are \
                           refused. A length of time is a number and a unit, such as `90 s`, \
                           `15 min` or `2 days`.";

const SECRETS: &str = "A password or a token is named by a table with exactly one key, which says \
                       where it is, such as { file = \"/etc/sustained/imap-me\" }.";

/// The page.
///
/// # Errors
/// If the schema is none.
pub(super) fn page() -> io::Result<Vec<u8>> {
    let schema: Value = serde_json::from_str(SCHEMA)?;
    let schema = Schema(&schema);
    let mut page = Vec::new();
    writeln!(page, r#".TH SUSTAINED.TOML 5 "" "{SOURCE}" "File Formats""#)?;
    let mut roff = Roff::new();
    roff.control("SH", ["NAME"]);
    roff.text([roman("sustained.toml - the configuration of sustained")]);
    roff.control("SH", ["DESCRIPTION"]);
    roff.text(marked(DESCRIPTION));
    let is_of_it = |(path, _): &(&str, &str)| path.ends_with("config.toml");
    section(&mut roff, "FILES", FILES.into_iter().filter(is_of_it));
    for (name, table) in schema.tables() {
        let title = match kind(table) {
            Kind::Tables => format!("[[{name}]]"),
            _ => format!("[{name}]"),
        };
        let inside = table.get("items").unwrap_or(table);
        chapter(&mut roff, &schema, &title, (table, inside));
    }
    let secret = &schema.0["definitions"]["secret"];
    roff.control("SH", ["SECRETS"]);
    roff.text(marked(SECRETS));
    keys(&mut roff, &schema, secret, "");
    roff.control("SH", ["EXAMPLE"]);
    roff.control("nf", []);
    for line in EXAMPLE.lines().skip_while(|line| line.starts_with("#:")) {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff.control("SH", ["SEE ALSO"]);
    roff.text(marked(
        "`sustained`(1), `sustained-init`(1), `sustained-check`(1)",
    ));
    roff.to_writer(&mut page)?;
    Ok(page)
}

/// A table with what it is for, and its keys.
fn chapter(roff: &mut Roff, schema: &Schema<'_>, title: &str, (table, inside): (&Value, &Value)) {
    roff.control("SH", [title]);
    roff.text(marked(schema.meaning(table)));
    keys(roff, schema, inside, "");
}

/// The keys of a table, and those of the tables in it behind their names.
fn keys(roff: &mut Roff, schema: &Schema<'_>, table: &Value, before: &str) {
    let table = schema.resolve(table);
    let required = table["required"].as_array();
    let none = Map::new();
    for (key, value) in table["properties"].as_object().unwrap_or(&none) {
        let name = format!("{before}{key}");
        let mut said = vec![spelled(value)];
        if required.is_some_and(|required| required.iter().any(|one| one == key)) {
            said.push("required".to_owned());
        }
        if let Some(default) = value.get("default") {
            said.push(format!("default: {default}"));
        }
        roff.control("TP", []);
        roff.text([bold(&name), roman(format!(" ({})", said.join("; ")))]);
        roff.text(marked(schema.meaning(value)));
        if matches!(kind(value), Kind::Table) {
            keys(roff, schema, value, &format!("{name}."));
        }
    }
}

/// What a value is, as far as the page tells it apart.
enum Kind {
    Secret,
    /// The keys of a top-level table of the same name.
    Shared,
    Table,
    Tables,
    Plain,
}

/// The JSON Schema of the configuration.
struct Schema<'a>(&'a Value);

impl Schema<'_> {
    /// The tables of the configuration, in the order of the example.
    fn tables(&self) -> Vec<(&String, &Value)> {
        let tables = self.0["properties"].as_object().into_iter().flatten();
        let mut tables: Vec<_> = tables.collect();
        tables.sort_by_key(|(name, _)| EXAMPLE.find(&format!("[{name}]")));
        tables
    }

    /// The definition that a value refers to, or the value itself.
    fn resolve<'v>(&'v self, value: &'v Value) -> &'v Value {
        let target = reference(value).and_then(|path| self.0.pointer(path.trim_start_matches('#')));
        target.unwrap_or(value)
    }

    /// What it means, in its own words or in those of what it refers to.
    fn meaning<'v>(&'v self, value: &'v Value) -> &'v str {
        let own = value["description"].as_str();
        let referred = || self.resolve(value)["description"].as_str();
        own.or_else(referred).unwrap_or_default()
    }
}

/// What can be written there.
fn spelled(value: &Value) -> String {
    match kind(value) {
        Kind::Secret => return "a secret: see SECRETS".to_owned(),
        Kind::Shared => return "the keys of the table of that name".to_owned(),
        Kind::Table => return "table".to_owned(),
        Kind::Tables => return "tables".to_owned(),
        Kind::Plain => {}
    }
    if let Some(ways) = value["oneOf"].as_array() {
        let ways: Vec<String> = ways.iter().map(spelled).collect();
        return ways.join(", or ");
    }
    let words = value["enum"]
        .as_array()
        .or(value["items"]["enum"].as_array());
    let of = words.map(|words| {
        let words: Vec<String> = words.iter().map(Value::to_string).collect();
        format!(" of {}", words.join(", "))
    });
    let of = of.unwrap_or_default();
    match value["type"].as_str() {
        Some("array") => format!("list{of}"),
        Some("boolean") => "true or false".to_owned(),
        Some("integer") => "number".to_owned(),
        Some("object") => "table of texts".to_owned(),
        _ if of.is_empty() => "text".to_owned(),
        _ => format!("one{of}"),
    }
}

/// Which of them a value is.
fn kind(value: &Value) -> Kind {
    match reference(value) {
        Some(path) if path.ends_with("/secret") => Kind::Secret,
        Some(_) => Kind::Shared,
        None if value["items"].get("properties").is_some() => Kind::Tables,
        None if value.get("properties").is_some() => Kind::Table,
        None => Kind::Plain,
    }
}

/// The definition that a value names.
fn reference(value: &Value) -> Option<&str> {
    let named = value
        .get("$ref")
        .or_else(|| value["allOf"].get(0)?.get("$ref"));
    named.and_then(Value::as_str)
}
