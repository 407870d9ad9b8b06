//! The program: its command line, and what happens when a part of it fails by its own fault.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A panic's own message may hold what a server or a mail said; where it happened may be told.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or("somewhere".to_owned(), ToString::to_string);
        tracing::error!(%place, "internal error");
    }));
    sustained::cli::main()
}
