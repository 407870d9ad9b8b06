//! The digits of a text, in the groups that a reader sees.
//!
//! A code written in halves is one group; a telephone number, a date or an amount is none. It
//! does not know words.

/// The most runs of digits that are looked at: a mail of this kind has some ten.
const MAX_RUNS: usize = 500;

/// From here on a run of digits is no part of a telephone number written in pieces.
const LONG: usize = 6;

/// Digits that belong together, and where they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The digits alone.
    pub digits: String,
    /// The first byte.
    pub start: usize,
    /// The byte behind the last.
    pub end: usize,
    /// They stand in pairs, as the parts of a date do.
    pub in_pairs: bool,
}

/// Runs that marks tie together without a blank ("12:30", "482-913"), or a single one.
#[derive(Default)]
struct Cluster {
    runs: Vec<Group>,
    joints: String,
}

impl Cluster {
    /// The group that it is, unless it is a date, an amount or the like.
    fn whole(&self) -> Option<Group> {
        match self.runs.as_slice() {
            [run] => Some(run.clone()),
            [_, _] if self.joints == "-" => joined(&self.runs),
            [_, _, _] if self.joints == "--" => paired(&self.runs),
            _ => None,
        }
    }
}

/// How two runs hang together.
#[derive(PartialEq, Eq)]
enum Joint {
    Tight,
    Loose,
    Apart,
}

impl Joint {
    fn of(between: &str) -> Self {
        match between {
            "-" | "." | "," | "/" | ":" | ")" => Self::Tight,
            " " | ") " | " (" | " - " => Self::Loose,
            _ => Self::Apart,
        }
    }
}

/// The digit groups of a text, in order.
#[must_use]
pub fn groups(text: &str) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut chain: Vec<Cluster> = Vec::new();
    let mut last_end = 0;
    for run in runs(text) {
        let between = text.get(last_end..run.start).unwrap_or_default();
        last_end = run.end;
        match (Joint::of(between), chain.last_mut()) {
            (Joint::Tight, Some(cluster)) => {
                cluster.joints.push_str(between);
                cluster.runs.push(run);
                continue;
            }
            (Joint::Apart, _) => close(text, &mut groups, &mut chain),
            _ => {}
        }
        chain.push(Cluster {
            runs: vec![run],
            joints: String::new(),
        });
    }
    close(text, &mut groups, &mut chain);
    groups
}

fn runs(text: &str) -> Vec<Group> {
    let mut runs: Vec<Group> = Vec::new();
    let digits = text.bytes().enumerate();
    for (at, byte) in digits.filter(|(_, byte)| byte.is_ascii_digit()) {
        if let Some(last) = runs.last_mut().filter(|last| last.end == at) {
            last.digits.push(char::from(byte));
            last.end += 1;
            continue;
        }
        if runs.len() == MAX_RUNS {
            break;
        }
        runs.push(Group {
            digits: char::from(byte).to_string(),
            start: at,
            end: at + 1,
            in_pairs: false,
        });
    }
    runs
}

/// Ends a chain of clusters: it is one code written in two halves or in single digits, or its
/// runs stand for themselves, or it is a longer number and nothing of it can be a code.
fn close(text: &str, groups: &mut Vec<Group>, chain: &mut Vec<Cluster>) {
    let clusters = std::mem::take(chain);
    let wholes: Vec<Option<Group>> = clusters.iter().map(Cluster::whole).collect();
    if let [only] = wholes.as_slice() {
        groups.extend(only.clone());
        return;
    }
    let singles: Option<Vec<Group>> = wholes.iter().cloned().collect();
    if let Some(code) = singles.as_deref().and_then(|runs| spaced(text, runs)) {
        groups.push(code);
        return;
    }
    if is_dialled(text, &clusters) {
        return;
    }
    let stands = |whole: &Group| whole.digits.len() >= LONG;
    groups.extend(wholes.into_iter().flatten().filter(stands));
}

/// A code that blanks part into halves or single digits.
fn spaced(text: &str, runs: &[Group]) -> Option<Group> {
    let by_blanks = runs.windows(2).all(|pair| match pair {
        [one, other] => text.get(one.end..other.start) == Some(" "),
        _ => false,
    });
    let in_digits = runs.len() >= 4 && runs.iter().all(|run| run.digits.len() == 1);
    match runs {
        _ if !by_blanks => None,
        // "0800 1234" is dialled.
        [first, _] if first.digits.len() == 3 || !first.digits.starts_with('0') => joined(runs),
        _ if in_digits => merged(runs),
        _ => paired(runs),
    }
}

/// Two halves of one code.
fn joined(runs: &[Group]) -> Option<Group> {
    let [one, other] = runs else {
        return None;
    };
    let are_halves = matches!((one.digits.len(), other.digits.len()), (3, 3) | (4, 4));
    let are_years = one.digits.starts_with("20") && other.digits.starts_with("20");
    (are_halves && !are_years).then(|| merged(runs)).flatten()
}

/// Three pairs of one code.
fn paired(runs: &[Group]) -> Option<Group> {
    let are_pairs = runs.len() == 3 && runs.iter().all(|run| run.digits.len() == 2);
    let code = merged(runs).filter(|_| are_pairs)?;
    Some(Group {
        in_pairs: true,
        ..code
    })
}

fn merged(runs: &[Group]) -> Option<Group> {
    Some(Group {
        digits: runs.iter().map(|run| run.digits.as_str()).collect(),
        start: runs.first()?.start,
        end: runs.last()?.end,
        in_pairs: false,
    })
}

/// Whether a chain begins like a telephone number: "+44 7700 900461", "07700 900461".
fn is_dialled(text: &str, chain: &[Cluster]) -> bool {
    let mut runs = chain.iter().flat_map(|cluster| &cluster.runs);
    let (Some(first), Some(second)) = (runs.next(), runs.next()) else {
        return false;
    };
    let before = text.get(..first.start).unwrap_or_default();
    let has_prefix = before.ends_with('+') || before.ends_with("+(");
    let has_trunk = first.digits.starts_with('0')
        && first.digits.len() <= 5
        && second.digits.len() >= 3
        && text.get(first.end..second.start) == Some(" ");
    has_prefix || has_trunk
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = groups(text).into_iter().map(|group| group.digits).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_code_in_pieces_is_one_group() {
        check(
            "482 913, 482-913, 1234 5678",
            &["482913", "482913", "12345678"],
        );
        check("4 8 2 9 1 3 and 4821", &["482913", "4821"]);
        check("482913 (10 minutes)", &["482913"]);
        check("482913 14:30", &["482913"]);
        check("48 29 13, 48-29-13, 48.29.13", &["482913", "482913"]);
    }

    #[test]
    fn longer_numbers_are_none() {
        check(
            "+353 1 234 5678, 800-531-8722, (650) 543-4800, 555 1234",
            &[],
        );
        check("07700 900461, +44 7700 900461, 0800 1234", &[]);
        check("2024-06-26 12:34, 26/06/2024, 10.1.2.3456, 1,234,567", &[]);
        check("2024 2025, 2024-2025", &[]);
    }
}
