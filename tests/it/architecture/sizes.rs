//! Sizes: when a limit bites, there is a second subject in the file or in the function.

use super::scan::{Source, Token};

/// Lines of a file, its trailing tests not counted.
const FILE: usize = 400;
/// Lines of a function, from `fn` to its last brace.
const FUNCTION: usize = 70;
/// Characters of a line.
const LINE: usize = 100;
/// Parameters of a function, the receiver not counted.
const PARAMETERS: usize = 5;

/// The state table is one `match`, and a reader wants to see it whole.
const LONG_BY_NATURE: &str = "transition";

fn long_files(sources: &[Source]) -> Vec<String> {
    let sizes = sources
        .iter()
        .map(|source| (source, source.lines_without_tests()));
    sizes
        .filter(|(_, lines)| *lines > FILE)
        .map(|(source, lines)| format!("{}: {lines} lines, {FILE} are allowed", source.path))
        .collect()
}

fn long_lines(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources {
        for (index, line) in source.text.lines().enumerate() {
            let length = line.chars().count();
            if length > LINE {
                let place = format!("{}:{}", source.path, index + 1);
                violations.push(format!("{place}: {length} characters, {LINE} are allowed"));
            }
        }
    }
    violations
}

fn large_functions(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources {
        for function in functions(&source.tokens()) {
            let place = format!("{}:{}: `{}`", source.path, function.line, function.name);
            if function.lines > FUNCTION && function.name != LONG_BY_NATURE {
                let lines = function.lines;
                violations.push(format!("{place} has {lines} lines, {FUNCTION} are allowed"));
            }
            if function.parameters > PARAMETERS {
                let count = function.parameters;
                violations.push(format!(
                    "{place} takes {count} values, {PARAMETERS} are allowed"
                ));
            }
        }
    }
    violations
}

/// What the rules want to know of a function.
#[derive(Debug, PartialEq, Eq)]
struct Function<'a> {
    name: &'a str,
    line: usize,
    lines: usize,
    parameters: usize,
}

/// Every function that has a name; one without a body counts its head alone.
fn functions<'a>(tokens: &[Token<'a>]) -> Vec<Function<'a>> {
    let mut functions = Vec::new();
    for at in (0..tokens.len()).filter(|at| tokens[*at].text == "fn") {
        let Some(name) = tokens.get(at + 1).filter(|name| name.text != "(") else {
            continue;
        };
        let (parameters, head) = parameters(tokens, at + 2);
        let end = end_of_body(tokens, head);
        functions.push(Function {
            name: name.text,
            line: tokens[at].line,
            lines: tokens[end].line - tokens[at].line + 1,
            parameters,
        });
    }
    functions
}

/// How many parameters the list after `from` has, and where the list ends.
fn parameters(tokens: &[Token<'_>], from: usize) -> (usize, usize) {
    let mut depth = 0;
    let mut angles = 0;
    let (mut count, mut is_open, mut is_receiver) = (0, false, false);
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            "<" => angles += 1,
            ">" => angles -= 1,
            _ => {}
        }
        let in_list = depth == 1 && angles == 0;
        if in_list && token.text == "," {
            count += usize::from(is_open && !is_receiver);
            (is_open, is_receiver) = (false, false);
        } else if depth >= 1 && (token.text != "(" || is_open || depth > 1) {
            is_open = true;
            is_receiver |= in_list && token.text == "self";
        }
        if depth == 0 && token.text == ")" && angles == 0 {
            return (count + usize::from(is_open && !is_receiver), at);
        }
    }
    (count, tokens.len() - 1)
}

/// Where the body ends that comes after `head`, or the `;` that stands for one.
fn end_of_body(tokens: &[Token<'_>], head: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(head + 1) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth -= 1,
            "}" => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
            ";" if depth == 0 => return at,
            _ => {}
        }
    }
    tokens.len() - 1
}

#[cfg(test)]
mod tests {
    use super::super::scan::{Source, sources};
    use super::super::{assert_none, breaches};
    use super::{functions, large_functions, long_files, long_lines};

    const EVERYWHERE: [&str; 2] = ["src", "tests/it"];

    #[test]
    fn no_file_is_longer_than_a_reader_can_hold() {
        assert_none(&long_files(&sources(&EVERYWHERE)));
    }

    #[test]
    fn no_line_is_wider_than_a_screen() {
        assert_none(&long_lines(&sources(&EVERYWHERE)));
    }

    #[test]
    fn no_function_is_too_long_or_takes_too_much() {
        assert_none(&large_functions(&sources(&EVERYWHERE)));
    }

    #[test]
    fn a_long_file_and_a_long_line_are_seen() {
        assert_eq!(
            breaches(long_files, "src/a.rs", &"fn a() {}\n".repeat(401)),
            1
        );
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(400));
        assert_eq!(breaches(long_files, "src/a.rs", &tests), 0);
        assert_eq!(breaches(long_lines, "src/a.rs", &"ü".repeat(101)), 1);
        assert_eq!(breaches(long_lines, "src/a.rs", &"ü".repeat(100)), 0);
    }

    #[test]
    fn a_large_function_is_seen() {
        let long = |name| format!("fn {name}() {{\n{}}}", "a();\n".repeat(70));
        assert_eq!(breaches(large_functions, "src/a.rs", &long("f")), 1);
        assert_eq!(
            breaches(large_functions, "src/a.rs", &long("transition")),
            0
        );
        let many = "fn f(a: A, b: B<C, D>, c: (E, F), d: [u8; 4], e: impl Fn(G, H) -> I, f: J) {}";
        assert_eq!(breaches(large_functions, "src/a.rs", many), 1);
    }

    #[test]
    fn parameters_and_lines_are_counted_right() {
        let count = |text: &str| {
            let source = Source::new("a.rs", text);
            let found = functions(&source.tokens());
            found
                .iter()
                .map(|f| (f.parameters, f.lines))
                .collect::<Vec<_>>()
        };
        assert_eq!(count("fn f() {}"), [(0, 1)]);
        assert_eq!(count("fn f(&self) -> [u8; 2] {\n a\n}"), [(0, 3)]);
        assert_eq!(
            count("fn f(\n &mut self,\n a: A,\n b: B,\n);\nfn g(a: A) {\n}"),
            [(2, 5), (1, 2)]
        );
        assert_eq!(
            count("fn f<T: Fn(A) -> B, U>(a: &T, b: fn(U)) where T: C {}"),
            [(2, 1)]
        );
        assert_eq!(count("fn f((a, b): (A, B), c: A) {}"), [(2, 1)]);
    }
}
